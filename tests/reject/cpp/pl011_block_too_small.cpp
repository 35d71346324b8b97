// EXPECT: board.dts:12: /uart@1000: a register block of 0x200 bytes; the driver's last register ends at 0x1000; make its size at least 0x1000
// SPDX-License-Identifier: Apache-2.0
// The driver says what it needs, in the devicetree's terms.

#include "board.hpp"
#include "pl011/pl011.hpp"

struct node : board::uart {
  static constexpr std::string_view origin = "board.dts:12";
#ifndef TWIN
  static constexpr mmio::region reg = {.base = 0x1000, .size = 0x200};
#else
  static constexpr mmio::region reg = {.base = 0x1000, .size = 0x1000};
#endif
};

static_assert(pl011::driver<node>::check(), pl011::driver<node>::check());
