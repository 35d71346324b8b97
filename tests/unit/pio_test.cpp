// SPDX-License-Identifier: Apache-2.0
// Registers in I/O space: the port and the width of each access.
#include "mem/pio.hpp"

#include <gtest/gtest.h>

namespace osier::pio {
namespace {

using block = registers<region{.base = 0x3f8, .size = 8}>;

TEST(port_registers, read_the_port_at_the_offset) {
  arch::ports = {{0x3f8, 0x1122'3344}, {0x3fd, 0x60}};
  EXPECT_EQ(block::read<u8>(5), 0x60);
  EXPECT_EQ(block::read<u16>(0), 0x3344);
  EXPECT_EQ(block::read(0), 0x1122'3344u);
}

TEST(port_registers, write_the_port_in_the_width_of_the_value) {
  arch::port_writes.clear();
  block::write<u8>(1, 2);
  block::write<u16>(2, 0x102);
  block::write(4, u32{7});
  EXPECT_EQ(arch::port_writes,
            (std::vector<arch::port_access>{{0x3f9, 2, 1}, {0x3fa, 0x102, 2}, {0x3fc, 7, 4}}));
}

}  // namespace
}  // namespace osier::pio
