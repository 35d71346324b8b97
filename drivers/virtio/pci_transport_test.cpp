// SPDX-License-Identifier: Apache-2.0
// The PCI transport: structures found in the BAR, kept within it, and used as the specification
// says.
#include "virtio/pci_transport.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "host/platform.hpp"
#include "host/registers.hpp"

namespace osier::virtio {
namespace {

// Stands for a function's messages.
template <class Tag>
struct message {
  static constexpr bool is_message = true;
  static inline int connected = 0;
  template <class Node, class Configuration>
  static void connect() {
    ++connected;
  }
};

// The transport keeps what it found, so each test has one of its own.
template <int Which, class Interrupt = pci::pin>
struct rig {
  struct node {
    static constexpr std::string_view path = "/pcie@0/net@1,0";
    static constexpr mmio::region reg1 = {.base = 0x1000'0000, .size = 0x4000};
    static constexpr u16 vendor = 0x1af4;
    static constexpr u16 device = 0x1041;
    static constexpr u8 interrupt_pin = 1;
    static constexpr u32 bar = 4;
    static constexpr u64 bar_address = 0x1000'0000;
  };
  struct in_bar {};
  using configuration = host::registers<node>;
  using registers = host::registers<in_bar>;
  using transport = pci_transport<node, configuration, Interrupt, registers>;

  rig() {
    auto& config = configuration::values;
    config = {{0x00, 0x1af4}, {0x02, 0x1041}, {0x3d, 1}, {0x06, 0x10}, {0x20, 0xc}, {0x34, 0x40}};
    configuration::on_write = [](std::size_t offset, u64 value) {
      if (offset == 0x20) configuration::values[0x20] = (value & ~u64{0x3fff}) | 0xc;
    };
    add(0x40, 0x50, 1, 4, 0x0000, 0x1000);
    add(0x50, 0x60, 3, 4, 0x1000, 0x1000);
    add(0x60, 0x70, 4, 4, 0x2000, 0x1000);
    add(0x70, 0x90, 2, 4, 0x3000, 0x1000);
    config[0x80] = 4;                     // bytes from one queue's doorbell to the next
    add(0x90, 0x00, 1, 4, 0x3800, 0x38);  // a second of a kind: not the preferred one
    registers::values[0x12] = 2;          // queues
    registers::values[0x18] = 256;
  }

  static void add(std::size_t at, u8 next, u8 kind, u8 bar, u32 offset, u32 length) {
    auto& config = configuration::values;
    config[at] = 0x09;
    config[at + 1] = next;
    config[at + 3] = kind;
    config[at + 4] = bar;
    config[at + 8] = offset;
    config[at + 12] = length;
  }
};

TEST(pci_transport, finds_its_structures_and_drives_through_them) {
  using rig = virtio::rig<0>;
  rig made;
  rig::transport::verify(1);
  rig::registers::values[0x1e] = 3;  // the doorbell of the selected queue
  rig::registers::writes.clear();
  rig::transport::set_queue(1, 64, 0x1'2000'0010, 0x3000, 0x4000);
  rig::transport::notify(1);
  const std::vector<host::register_write> expected = {
      {0x16, 1, 2}, {0x18, 64, 2},  {0x20, 0x2000'0010}, {0x24, 1},    {0x28, 0x3000},
      {0x2c, 0},    {0x30, 0x4000}, {0x34, 0},           {0x1c, 1, 2}, {0x3000 + 3 * 4, 1, 2},
  };
  EXPECT_EQ(rig::registers::writes, expected);
  rig::registers::values[0x1000] = 1;
  EXPECT_EQ(rig::transport::acknowledge_interrupt(), 1u);
  rig::registers::values[0x2005] = 0x56;
  EXPECT_EQ(rig::transport::read_config<u8>(5), 0x56);
}

TEST(pci_transport, features_go_in_halves) {
  using rig = virtio::rig<1>;
  rig made;
  rig::transport::verify(1);
  rig::registers::on_read = [](std::size_t offset, u64 stored) -> u64 {
    if (offset != 0x04) return stored;
    return rig::registers::values[0x00] == 0 ? 0x2000'0020 : 0x1;
  };
  EXPECT_EQ(rig::transport::offered(), 0x1'2000'0020u);
  rig::registers::writes.clear();
  rig::transport::accept(0x1'2000'0000);
  const std::vector<host::register_write> expected = {
      {0x08, 0}, {0x0c, 0x2000'0000}, {0x08, 1}, {0x0c, 1}};
  EXPECT_EQ(rig::registers::writes, expected);
}

TEST(pci_transport, a_structure_outside_the_bar_is_a_panic) {
  using rig = virtio::rig<2>;
  rig made;
  made.add(0x60, 0x70, 4, 4, 0x3ff0, 0x20);
  EXPECT_PANIC(rig::transport::verify(1),
               "/pcie@0/net@1,0: expected the device structure within the 0x4000 bytes of BAR 4");
}

TEST(pci_transport, a_missing_structure_is_a_panic) {
  using rig = virtio::rig<3>;
  rig made;
  made.add(0x70, 0x90, 2, 1, 0x0, 0x1000);
  EXPECT_PANIC(rig::transport::verify(1),
               "expected virtio's notification structure in BAR 4, found 0 bytes of it");
}

TEST(pci_transport, a_doorbell_outside_its_structure_is_a_panic) {
  using rig = virtio::rig<4>;
  rig made;
  rig::transport::verify(1);
  rig::registers::values[0x1e] = 0x400;
  EXPECT_PANIC(rig::transport::set_queue(0, 64, 0, 0, 0),
               "expected the doorbell of queue 0 within 0x1000 bytes, found it at 0x1000");
}

TEST(pci_transport, a_queue_that_is_not_there_or_too_small_is_a_panic) {
  using rig = virtio::rig<5>;
  rig made;
  rig::transport::verify(1);
  EXPECT_PANIC(rig::transport::set_queue(2, 64, 0, 0, 0),
               "expected queue 2 to hold 64 entries, found at most 0");
  EXPECT_PANIC(rig::transport::set_queue(0, 512, 0, 0, 0),
               "expected queue 0 to hold 512 entries, found at most 256");
}

TEST(pci_transport, a_short_configuration_is_a_panic) {
  using rig = virtio::rig<6>;
  rig made;
  made.add(0x60, 0x70, 4, 4, 0x2000, 8);
  rig::transport::verify(1);
  EXPECT_PANIC(rig::transport::read_config<u32>(8),
               "expected a configuration of 12 bytes, found 8");
}

TEST(pci_transport, a_message_tells_of_each_queue_and_of_nothing_else) {
  using interrupt = message<struct sent>;
  using rig = virtio::rig<7, interrupt>;
  rig made;
  rig::transport::verify(1);
  EXPECT_EQ(interrupt::connected, 1);
  rig::registers::writes.clear();
  rig::transport::set_queue(0, 64, 0, 0, 0);
  const std::vector<host::register_write> expected = {
      {0x16, 0, 2}, {0x10, 0xffff, 2}, {0x1a, 0, 2}, {0x18, 64, 2}};
  ASSERT_GE(rig::registers::writes.size(), expected.size());
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), rig::registers::writes.begin()));
  rig::registers::on_read = [](std::size_t, u64) -> u64 {
    ADD_FAILURE() << "a message has nothing to be read";
    return 0;
  };
  EXPECT_EQ(rig::transport::acknowledge_interrupt(), 1u);
}

TEST(pci_transport, a_refused_message_is_a_panic) {
  using rig = virtio::rig<8, message<struct refused>>;
  rig made;
  rig::transport::verify(1);
  rig::registers::on_read = [](std::size_t offset, u64 stored) {
    return offset == 0x1a ? u64{0xffff} : stored;
  };
  EXPECT_PANIC(rig::transport::set_queue(0, 64, 0, 0, 0),
               "expected queue 0 to have a message, found it refused");
}

}  // namespace
}  // namespace osier::virtio
