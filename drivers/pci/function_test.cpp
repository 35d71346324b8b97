// SPDX-License-Identifier: Apache-2.0
// A PCI function's configuration: verified against the tree, given its address, let onto the bus.
#include "pci/function.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "host/platform.hpp"
#include "host/registers.hpp"
#include "mem/mmio.hpp"

namespace osier::pci {
namespace {

struct node {
  static constexpr std::string_view path = "/pcie@0/net@1,0";
  static constexpr mmio::region reg1 = {.base = 0x1000'0000, .size = 0x4000};
  static constexpr u16 vendor = 0x1af4;
  static constexpr u16 device = 0x1041;
  static constexpr u8 interrupt_pin = 1;
  static constexpr u32 bar = 4;
  static constexpr u64 bar_address = 0x12'1000'0000;
};
using configuration = host::registers<node>;
using tested = function<node, configuration>;

constexpr std::size_t bar = 0x10 + 4 * 4;

class pci_function : public testing::Test {
 protected:
  void SetUp() override {
    configuration::reset();
    configuration::values = {{0x00, 0x1af4}, {0x02, 0x1041}, {0x3d, 1}, {bar, 0xc}};
    // A 64-bit prefetchable BAR keeps its kind and the address bits above its size.
    configuration::on_write = [](std::size_t offset, u64 value) {
      if (offset == bar) configuration::values[bar] = (value & ~u64{0x3fff}) | 0xc;
    };
  }
};

TEST_F(pci_function, verifies_what_is_there) {
  tested::verify();
  EXPECT_TRUE(configuration::writes.empty()) << "nothing is touched before it is known";
}

TEST_F(pci_function, another_device_is_a_panic) {
  configuration::values[0x02] = 0x1042;
  EXPECT_PANIC(tested::verify(), "/pcie@0/net@1,0: expected PCI device 1af4:1041, found 1af4:1042");
}

TEST_F(pci_function, a_place_where_nothing_is_reads_all_ones) {
  configuration::on_read = [](std::size_t, u64) { return ~u64{0}; };
  EXPECT_PANIC(tested::verify(), "expected PCI device 1af4:1041, found no function there");
}

TEST_F(pci_function, a_bridge_or_another_pin_is_a_panic) {
  configuration::values[0x3d] = 2;
  EXPECT_PANIC(tested::verify(), "expected interrupt pin 1, found pin 2");
  configuration::values[0x0e] = 0x81;  // a bridge of several functions
  EXPECT_PANIC(tested::verify(), "expected a PCI device, found header type 1");
}

TEST_F(pci_function, gives_the_bar_its_address_while_the_function_is_off) {
  configuration::values[0x04] = 0x0507;  // as firmware may have left it, with SERR
  tested::assign();
  const std::vector<host::register_write> expected = {
      {0x04, 0x0100, 2},  {bar, 0xffff'ffff}, {bar + 4, 0xffff'ffff},
      {bar, 0x1000'0000}, {bar + 4, 0x12},    {0x04, 0x0106, 2},
  };
  EXPECT_EQ(configuration::writes, expected);
}

struct messaging {
  static constexpr std::string_view path = "/pcie@0/net@1,0";
  static constexpr mmio::region reg1 = {.base = 0x1000'0000, .size = 0x4000};
  static constexpr mmio::region reg2 = {.base = 0x1000'4000, .size = 0x1000};
  static constexpr u16 vendor = 0x1af4;
  static constexpr u16 device = 0x1041;
  static constexpr u32 bar = 4;
  static constexpr u64 bar_address = 0x12'1000'0000;
  static constexpr u32 message_bar = 1;
  static constexpr u64 message_bar_address = 0x1000'4000;
};
constexpr std::size_t message_bar = 0x10 + 4 * 1;

TEST_F(pci_function, by_messages_it_needs_no_pin_and_has_a_second_bar) {
  configuration::values[0x3d] = 0;
  configuration::on_write = [](std::size_t offset, u64 value) {
    if (offset == bar) configuration::values[bar] = (value & ~u64{0x3fff}) | 0xc;
    if (offset == message_bar) configuration::values[message_bar] = value & ~u64{0xfff};
  };
  function<messaging, configuration>::verify();
  function<messaging, configuration>::assign();
  const std::vector<host::register_write> expected = {
      {0x04, 0, 2},    {bar, 0xffff'ffff},         {bar + 4, 0xffff'ffff},     {bar, 0x1000'0000},
      {bar + 4, 0x12}, {message_bar, 0xffff'ffff}, {message_bar, 0x1000'4000}, {0x04, 0x6, 2},
  };
  EXPECT_EQ(configuration::writes, expected);
}

TEST_F(pci_function, a_bar_of_another_size_is_a_panic) {
  configuration::on_write = [](std::size_t offset, u64 value) {
    if (offset == bar) configuration::values[bar] = (value & ~u64{0xffff}) | 0xc;
  };
  EXPECT_PANIC(tested::assign(),
               "expected BAR 4 to be memory of 0x4000 bytes, found 0x10000 bytes");
}

TEST_F(pci_function, a_32_bit_bar_cannot_lie_above_4_gib) {
  configuration::values[bar] = 0;
  configuration::on_write = [](std::size_t offset, u64 value) {
    if (offset == bar) configuration::values[bar] = value & ~u64{0x3fff};
  };
  EXPECT_PANIC(tested::assign(), "expected BAR 4 to be memory of 0x4000 bytes");
}

TEST_F(pci_function, walks_its_capabilities_and_never_round_and_round) {
  configuration::values[0x06] = 0x10;
  configuration::values[0x34] = 0x40;
  configuration::values[0x40] = 0x09;
  configuration::values[0x41] = 0x50;
  configuration::values[0x50] = 0x11;
  configuration::values[0x51] = 0x60;
  configuration::values[0x60] = 0x09;
  std::vector<std::size_t> seen;
  tested::each_capability(0x09, [&](std::size_t at) { seen.push_back(at); });
  EXPECT_EQ(seen, (std::vector<std::size_t>{0x40, 0x60}));

  seen.clear();
  configuration::values[0x61] = 0x40;
  tested::each_capability(0x09, [&](std::size_t at) { seen.push_back(at); });
  EXPECT_LE(seen.size(), 48u);

  seen.clear();
  configuration::values[0x06] = 0;
  tested::each_capability(0x09, [&](std::size_t at) { seen.push_back(at); });
  EXPECT_TRUE(seen.empty());
}

}  // namespace
}  // namespace osier::pci
