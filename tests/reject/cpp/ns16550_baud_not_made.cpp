// EXPECT: board.dts:10: /uart@1000: current-speed is 1000000 baud; the UART makes 750000 of its clock of 24000000 Hz, more than 2.5 % off; nearest: 750000
// SPDX-License-Identifier: Apache-2.0
// A speed within the UART's bounds that no divisor comes near to.

#include "board.hpp"
#include "ns16550/ns16550.hpp"

struct node : board::uart {
  static constexpr u32 reg_shift = 2;
  static constexpr u32 reg_io_width = 4;
#ifndef TWIN
  static constexpr u32 current_speed = 1'000'000;
#else
  static constexpr u32 current_speed = 750'000;
#endif
};

static_assert(ns16550::driver<node>::check(), ns16550::driver<node>::check());
