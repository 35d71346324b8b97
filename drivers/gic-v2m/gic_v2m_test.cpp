// SPDX-License-Identifier: Apache-2.0
// The message frame of a GICv2 over fake registers: verified against the tree, and what is written
// to it.
#include "gic-v2m/gic_v2m.hpp"

#include <gtest/gtest.h>

#include "host/platform.hpp"
#include "host/registers.hpp"

namespace osier::gic {
namespace {

struct node {
  static constexpr std::string_view path = "/intc@0/v2m@1000";
  static constexpr std::string_view origin = "dts/board.dts:1";
  static constexpr mmio::region reg = {.base = 0x1000, .size = 0x1000};
  static constexpr u32 arm_msi_base_spi = 80;
  static constexpr u32 arm_msi_num_spis = 64;
};
struct short_node : node {
  static constexpr mmio::region reg = {.base = 0x1000, .size = 0x10};
};
using frame = host::registers<node>;
using tested_driver = v2m<node, frame>;
static_assert(tested_driver::check());
static_assert(!v2m<short_node, frame>::check());

TEST(gic_v2m, a_message_is_the_interrupts_number) {
  frame::reset();
  frame::values[0x008] = 80 << 16 | 64;
  tested_driver::start();
  const irq::message sent =
      tested_driver::connect(0x0008, {.number = 81, .trigger = irq::edge_rising});
  EXPECT_EQ(sent.address, 0x1040u);
  EXPECT_EQ(sent.data, 81u);
  EXPECT_TRUE(frame::writes.empty());
}

TEST(gic_v2m, other_interrupts_than_in_the_tree_are_a_panic) {
  frame::reset();
  frame::values[0x008] = 96 << 16 | 32;
  EXPECT_PANIC(tested_driver::start(),
               "/intc@0/v2m@1000: expected 64 interrupts from id 80 on, found 32 from id 96 on");
}

}  // namespace
}  // namespace osier::gic
