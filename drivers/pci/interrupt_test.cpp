// SPDX-License-Identifier: Apache-2.0
// A PCI function's messages: their table verified, the first entry written, the function let loose.
#include "pci/interrupt.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "host/platform.hpp"
#include "host/registers.hpp"
#include "irq/line.hpp"

namespace osier::pci {
namespace {

struct node {
  static constexpr std::string_view path = "/pcie@0/net@1,0";
  static constexpr mmio::region reg2 = {.base = 0x1000'4000, .size = 0x1000};
  static constexpr irq::line irq = {.number = 25, .trigger = irq::edge_rising};
  static constexpr u32 message_bar = 1;
  static constexpr u32 message_source = 0x0008;
};
struct in_bar;
using configuration = host::registers<node>;
using table = host::registers<in_bar>;

struct controller {
  static irq::message connect(u32 source, irq::line line) {
    EXPECT_EQ(source, node::message_source);
    return {.address = 0x12'fee0'3000, .data = line.number};
  }
};
void connect() { message<controller>::connect<node, configuration, table>(); }

class pci_message : public testing::Test {
 protected:
  void SetUp() override {
    configuration::reset();
    table::reset();
    configuration::values = {{0x06, 0x10}, {0x34, 0x40},   {0x40, 0x09},       {0x41, 0x50},
                             {0x50, 0x11}, {0x52, 0x4002}, {0x54, 0x0000'0101}};
  }
};

TEST_F(pci_message, fills_in_the_first_entry_while_all_are_masked) {
  table::on_write = [](std::size_t, u64) { EXPECT_EQ(configuration::values[0x52], 0xc002u); };
  connect();
  const std::vector<host::register_write> entry = {
      {0x100, 0xfee0'3000}, {0x104, 0x12}, {0x108, 25}, {0x10c, 0}};
  EXPECT_EQ(table::writes, entry);
  const std::vector<host::register_write> control = {{0x52, 0xc002, 2}, {0x52, 0x8002, 2}};
  EXPECT_EQ(configuration::writes, control);
}

TEST_F(pci_message, a_function_without_messages_is_a_panic) {
  configuration::values[0x41] = 0;
  EXPECT_PANIC(connect(), "/pcie@0/net@1,0: expected messages (MSI-X), found none");
}

TEST_F(pci_message, a_table_in_another_bar_or_behind_its_end_is_a_panic) {
  configuration::values[0x54] = 0x0000'0102;
  EXPECT_PANIC(connect(),
               "expected the table of messages in the 0x1000 bytes of BAR 1, found it "
               "at 0x100 of BAR 2");
  configuration::values[0x54] = 0x0000'0ff9;
  EXPECT_PANIC(connect(), "found it at 0xff8 of BAR 1");
}

}  // namespace
}  // namespace osier::pci
