// EXPECT: board.dts:20: /intc@2000: a register block of 0x10 bytes; the driver's last register ends at 0x100; make its size at least 0x100
// SPDX-License-Identifier: Apache-2.0
// The second register block is checked as the first.

#include "board.hpp"
#include "gic/gic_v2.hpp"

struct node : board::intc {
#ifndef TWIN
  static constexpr mmio::region reg1 = {.base = 0x1'2000, .size = 0x10};
#else
  static constexpr mmio::region reg1 = {.base = 0x1'2000, .size = 0x1000};
#endif
};

static_assert(gic::v2<node>::check(), gic::v2<node>::check());
