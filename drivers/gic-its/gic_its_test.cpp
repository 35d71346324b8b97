// SPDX-License-Identifier: Apache-2.0
// The translation service over fake registers that do its commands: tables, mappings, refusals.
#include "gic-its/gic_its.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <vector>

#include "host/platform.hpp"
#include "host/registers.hpp"

namespace osier::gic {
namespace {

struct node {
  static constexpr std::string_view path = "/intc@0/its@80000";
  static constexpr std::string_view origin = "dts/board.dts:1";
  static constexpr mmio::region reg = {.base = 0x8'0000, .size = 0x2'0000};
};
struct short_node : node {
  static constexpr mmio::region reg = {.base = 0x8'0000, .size = 0x1'0000};
};
using service = host::registers<node>;

struct controller {
  static constexpr u32 first_message = 8192;
  static constexpr u32 messages = 16;
  static inline u64 configuration = 0;
  static inline u64 pending = 0;
  static void take_messages(u64 configuration_table, u64 pending_table, u32 id_bits) {
    EXPECT_EQ(id_bits, 14u);
    configuration = configuration_table;
    pending = pending_table;
  }
  static u64 message_target(bool by_address) { return by_address ? 0xa'0000 : 3 << 16; }
};
using tested_driver = its<node, controller, service>;
static_assert(tested_driver::check());
static_assert(!its<short_node, controller, service>::check());

using words = std::array<u64, 4>;

// Does the commands as they are left, and remembers them.
class gic_its : public testing::Test {
 protected:
  void SetUp() override {
    service::reset();
    service::values[0xffe8] = 0x30;
    service::values[0x100] = u64{1} << 56 | u64{7} << 48;  // devices, 8 bytes each
    service::values[0x108] = u64{4} << 56;                 // collections
    service::on_read = [this](std::size_t offset, u64 stored) {
      return offset == 0x90 ? done | stalled : stored;
    };
    service::on_write = [this](std::size_t offset, u64 value) {
      if (offset != 0x88) return;
      if (value == 0) done = 0;
      const u64 base = service::values[0x80] & 0x000f'ffff'ffff'f000;
      for (; done != value; done = (done + 32) % 4096) {
        // SAFETY: the driver has said that its commands lie there.
        seen.push_back(*reinterpret_cast<const words*>(base + done));
      }
    };
    tested_driver::start();
  }
  u64 done = 0;
  u64 stalled = 0;
  std::vector<words> seen;
};

constexpr u64 valid = u64{1} << 63;

TEST_F(gic_its, tables_are_aligned_and_this_cpu_takes_what_comes) {
  EXPECT_EQ(service::values[0x80] & 0xfff, 0u);
  EXPECT_EQ(service::values[0x100] >> 63, 1u);
  EXPECT_EQ(service::values[0x108] >> 63, 1u);
  EXPECT_FALSE(service::values.contains(0x110)) << "there is no third table";
  EXPECT_EQ(controller::configuration % 0x1000, 0u);
  EXPECT_EQ(controller::pending % 0x1'0000, 0u);
  EXPECT_EQ(service::values[0x00], 1u);
  EXPECT_EQ(seen, (std::vector<words>{
                      {0x09, 0, valid | 3 << 16, 0}, {0x0d, 0, 0, 0}, {0x05, 0, 3 << 16, 0}}));
}

TEST_F(gic_its, a_device_is_mapped_to_the_interrupt_of_its_line) {
  seen.clear();
  const irq::message sent =
      tested_driver::connect(0x0008, {.number = 2, .trigger = irq::edge_rising});
  EXPECT_EQ(sent.address, 0x9'0040u);
  EXPECT_EQ(sent.data, 0u);
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_EQ(seen[0][0], u64{8} << 32 | 0x08);
  EXPECT_EQ(seen[0][2] & ~(valid | 0x000f'ffff'ffff'ff00), 0u) << "the table of its events";
  EXPECT_EQ(seen[1], (words{u64{8} << 32 | 0x0a, u64{8194} << 32, 0, 0}));
  EXPECT_EQ(seen[3], (words{0x05, 0, 3 << 16, 0}));
  // SAFETY: the driver has said that a byte for each interrupt lies there.
  EXPECT_EQ(reinterpret_cast<const u8*>(controller::configuration)[2], 0b11);
}

TEST_F(gic_its, a_device_behind_the_table_is_a_panic) {
  EXPECT_PANIC(tested_driver::connect(0x200, {.number = 0, .trigger = irq::edge_rising}),
               "/intc@0/its@80000: expected devices below 0x200, found 0x200");
}

TEST_F(gic_its, a_refused_command_is_a_panic) {
  stalled = 1;
  EXPECT_PANIC(tested_driver::connect(0x0008, {.number = 0, .trigger = irq::edge_rising}),
               "to be done, found it refused");
}

TEST_F(gic_its, refused_tables_are_a_panic) {
  service::values[0x100] = u64{1} << 56 | u64{7} << 48;  // as before the start in SetUp()
  service::on_read = [](std::size_t offset, u64 stored) {
    return offset == 0x100 ? stored | 1 << 8 : stored;  // only pages of 16 KiB
  };
  EXPECT_PANIC(tested_driver::start(), "expected tables in pages of 4 KiB, found them refused");
}

TEST_F(gic_its, another_device_in_its_place_is_a_panic) {
  service::values[0xffe8] = 0;
  EXPECT_PANIC(tested_driver::start(),
               "expected the translation service of a GICv3, found version 0");
}

}  // namespace
}  // namespace osier::gic
