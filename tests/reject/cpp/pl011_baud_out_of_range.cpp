// EXPECT: board.dts:10: /uart@1000: current-speed is 3000000 baud; the UART divides its clock of 24000000 Hz by 16 to 1048560; choose 23 to 1500000
// SPDX-License-Identifier: Apache-2.0
// A speed that no divisor makes is refused, with those that one makes.

#include "board.hpp"
#include "pl011/pl011.hpp"

struct node : board::uart {
#ifndef TWIN
  static constexpr u32 current_speed = 3'000'000;
#else
  static constexpr u32 current_speed = 1'500'000;
#endif
};

static_assert(pl011::driver<node>::check(), pl011::driver<node>::check());
