// EXPECT: board.dts:20: /intc@2000: a register block of 0x1000 bytes; the driver's last register ends at 0x10000; make its size at least 0x10000
// SPDX-License-Identifier: Apache-2.0
// A GICv3 distributor is larger than a GICv2's.

#include "board.hpp"
#include "gic/gic_v3.hpp"

struct node : board::intc {
#ifndef TWIN
  static constexpr mmio::region reg = {.base = 0x2000, .size = 0x1000};
#else
  static constexpr mmio::region reg = {.base = 0x2000, .size = 0x1'0000};
#endif
};

static_assert(gic::v3<node>::check(), gic::v3<node>::check());
