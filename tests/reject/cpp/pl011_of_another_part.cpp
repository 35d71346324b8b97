// EXPECT: board.dts:10: /uart@1000: arm,primecell-periphid is of part 0x61; this driver is for the PL011, part 0x11; nearest: 0x241011
// SPDX-License-Identifier: Apache-2.0
// What the tree states in place of the identity registers has to be a PL011's.

#include "board.hpp"
#include "pl011/pl011.hpp"

struct node : board::uart {
#ifndef TWIN
  static constexpr u32 arm_primecell_periphid = 0x0024'1061;
#else
  static constexpr u32 arm_primecell_periphid = 0x0024'1011;
#endif
};

static_assert(pl011::driver<node>::check(), pl011::driver<node>::check());
