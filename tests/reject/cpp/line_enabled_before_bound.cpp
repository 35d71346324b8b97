// EXPECT: bind the line to its handler before it is enabled
// SPDX-License-Identifier: Apache-2.0
// An interrupt line that nobody handles stays masked.

#include "board.hpp"

void boot_line(const boot::phase<boot::entry>& entry) {
  irq::masked_line<board::uart::irq> line{entry};
#ifndef TWIN
  std::move(line).enable<board::controller>();
#else
  std::move(line).bind<board::handlers>().enable<board::controller>();
#endif
}
