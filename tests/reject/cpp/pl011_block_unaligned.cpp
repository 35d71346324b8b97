// EXPECT: board.dts:10: /uart@1000: a register block at 0x1002; the driver accesses 4 bytes at once, which lie at a multiple of that; nearest: 0x1000
// SPDX-License-Identifier: Apache-2.0
// Registers lie where the CPU can access them whole.

#include "board.hpp"
#include "pl011/pl011.hpp"

struct node : board::uart {
#ifndef TWIN
  static constexpr mmio::region reg = {.base = 0x1002, .size = 0x1000};
#else
  static constexpr mmio::region reg = {.base = 0x1000, .size = 0x1000};
#endif
};

static_assert(pl011::driver<node>::check(), pl011::driver<node>::check());
