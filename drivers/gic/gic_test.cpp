// SPDX-License-Identifier: Apache-2.0
// Both interrupt controllers over fake registers: what is masked, what is enabled, and how.
#include <gtest/gtest.h>

#include <vector>

#include "gic/gic_v2.hpp"
#include "gic/gic_v3.hpp"
#include "host/platform.hpp"
#include "host/registers.hpp"

namespace osier::gic {
namespace {

struct node {
  static constexpr std::string_view path = "/intc@0";
  static constexpr std::string_view origin = "dts/board.dts:1";
  static constexpr mmio::region reg = {.base = 0, .size = 0x1'0000};
  static constexpr mmio::region reg1 = {.base = 0, .size = 0x2'0000};
};
struct distributor_tag;
struct other_tag;
using shared_registers = host::registers<distributor_tag>;
using other_registers = host::registers<other_tag>;
using cpu = arch::gic_cpu_interface;
using tested_v2 = v2<node, shared_registers, other_registers>;
using tested_v3 = v3<node, shared_registers, other_registers, cpu>;

using writes = std::vector<host::register_write>;

class gic_registers : public testing::Test {
 protected:
  void SetUp() override {
    shared_registers::reset();
    other_registers::reset();
    cpu::enabled = false;
    cpu::pending.clear();
    cpu::ended.clear();
    shared_registers::values[0x004] = 8;  // 9 words of lines: 288
    shared_registers::values[0x0fe8] = 0x2b;
    shared_registers::values[0xffe8] = 0x3b;
    other_registers::values[0x00fc] = 0x2043b;
    other_registers::values[0xffe8] = 0x3b;
  }
  // The masks of lines that were written, by word.
  static std::vector<std::size_t> masked_words(const writes& written, std::size_t base = 0) {
    std::vector<std::size_t> words;
    for (const auto& [offset, value, width] : written) {
      if (offset < base + 0x180 || offset >= base + 0x200) continue;
      EXPECT_EQ(value, 0xffff'ffff);
      words.push_back((offset - base - 0x180) / 4);
    }
    return words;
  }
};

// Version 2.

TEST_F(gic_registers, v2_masks_every_line_before_it_signals) {
  tested_v2::start();
  EXPECT_EQ(masked_words(shared_registers::writes),
            (std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(shared_registers::writes.front(), (host::register_write{0x000, 0}));
  EXPECT_EQ(shared_registers::writes.back(), (host::register_write{0x000, 1}));
  EXPECT_EQ(other_registers::writes, (writes{{0x004, 0xff}, {0x000, 1}}));
}

TEST_F(gic_registers, v2_enables_a_shared_line_for_this_cpu) {
  tested_v2::enable({.number = 79, .trigger = irq::edge_rising});
  EXPECT_EQ(shared_registers::writes,
            (writes{{0x800 + 79, 1, 1}, {0xc00 + 4 * 4, 0x8000'0000}, {0x100 + 4 * 2, 1 << 15}}));
}

TEST_F(gic_registers, v2_leaves_the_target_of_a_private_line) {
  tested_v2::enable({.number = 27, .trigger = irq::level_high});
  EXPECT_EQ(shared_registers::writes, (writes{{0xc04, 0}, {0x100, 1 << 27}}));
}

TEST_F(gic_registers, a_trigger_leaves_those_of_the_neighbours) {
  shared_registers::values[0xc08] = 0xffff'ffff;
  tested_v2::enable({.number = 33, .trigger = irq::level_high});
  EXPECT_EQ(shared_registers::values[0xc08], 0xffff'fff7);
  tested_v2::enable({.number = 33, .trigger = irq::edge_rising});
  EXPECT_EQ(shared_registers::values[0xc08], 0xffff'ffff);
}

TEST_F(gic_registers, v2_takes_and_ends_an_interrupt) {
  other_registers::values[0x00c] = 33;
  EXPECT_EQ(tested_v2::acknowledge(), 33u);
  tested_v2::end(33);
  EXPECT_EQ(other_registers::writes, (writes{{0x010, 33}}));
  for (const u32 none : {1020u, 1022u, 1023u}) {
    other_registers::values[0x00c] = none;
    EXPECT_TRUE(tested_v2::is_none(tested_v2::acknowledge())) << none;
  }
  other_registers::values[0x00c] = 1019;
  EXPECT_FALSE(tested_v2::is_none(tested_v2::acknowledge()));
}

TEST_F(gic_registers, another_version_is_a_panic) {
  shared_registers::values[0x0fe8] = 0x3b;
  EXPECT_PANIC(tested_v2::start(), "/intc@0: expected the distributor of a GICv2, found version 3");
  shared_registers::values[0xffe8] = 0x2b;
  EXPECT_PANIC(tested_v3::start(), "/intc@0: expected the distributor of a GICv3, found version 2");
}

// Where nothing lies, a bus may read as all ones: a wait for the redistributor would not end.
TEST_F(gic_registers, a_second_block_elsewhere_is_a_panic) {
  other_registers::values[0x00fc] = ~u32{0};
  EXPECT_PANIC(tested_v2::start(),
               "/intc@0: expected the CPU interface of a GICv2, found version 15");
  other_registers::values[0xffe8] = ~u32{0};
  EXPECT_PANIC(tested_v3::start(),
               "/intc@0: expected the redistributor of a GICv3, found version 15");
}

// Version 3.

TEST_F(gic_registers, v3_masks_every_line_before_the_cpu_listens) {
  other_registers::values[0x14] = 0x6;  // asleep
  int reads_until_awake = 5;
  other_registers::on_read = [&](std::size_t offset, u64 stored) -> u64 {
    if (offset != 0x14) return stored;
    EXPECT_FALSE(cpu::enabled);
    return reads_until_awake-- > 0 ? stored | 4 : 0;
  };
  int reads_until_written = 3;
  shared_registers::on_read = [&](std::size_t offset, u64 stored) -> u64 {
    return offset == 0 && reads_until_written-- > 0 ? stored | 0x8000'0000 : stored;
  };
  tested_v3::start();
  EXPECT_EQ(masked_words(shared_registers::writes),
            (std::vector<std::size_t>{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(masked_words(other_registers::writes, 0x1'0000), (std::vector<std::size_t>{0}));
  EXPECT_EQ(shared_registers::writes.front(), (host::register_write{0x000, 0}));
  EXPECT_EQ(shared_registers::writes.back(), (host::register_write{0x000, 0x16}));
  EXPECT_EQ(other_registers::writes.front().value & 2, 0u) << "still told to sleep";
  EXPECT_LE(reads_until_awake, 0) << "did not wait for the redistributor";
  EXPECT_TRUE(cpu::enabled);
}

TEST_F(gic_registers, v3_routes_a_shared_line_to_this_cpu) {
  shared_registers::values[0x084] = 0x100;
  tested_v3::enable({.number = 33, .trigger = irq::level_high});
  EXPECT_EQ(shared_registers::writes,
            (writes{{0x084, 0x102}, {0x6000 + 8 * 33, 0, 8}, {0xc08, 0}, {0x104, 2}}));
  EXPECT_TRUE(other_registers::writes.empty());
}

TEST_F(gic_registers, v3_enables_a_private_line_at_the_redistributor) {
  tested_v3::enable({.number = 27, .trigger = irq::edge_rising});
  EXPECT_EQ(other_registers::writes,
            (writes{{0x1'0080, 1 << 27}, {0x1'0c04, u64{2} << 22}, {0x1'0100, 1 << 27}}));
  EXPECT_TRUE(shared_registers::writes.empty());
}

// Secure group 1 can be enabled by a secure access only, and only where there are two states.
TEST_F(gic_registers, v3_in_the_secure_state_uses_secure_group_1) {
  shared_registers::values[0x000] = 0x4;
  shared_registers::values[0x084] = 0x102;
  tested_v3::enable({.number = 33, .trigger = irq::level_high});
  EXPECT_EQ(shared_registers::writes,
            (writes{{0x084, 0x100}, {0xd04, 2}, {0x6000 + 8 * 33, 0, 8}, {0xc08, 0}, {0x104, 2}}));
  tested_v3::enable({.number = 27, .trigger = irq::edge_rising});
  EXPECT_EQ(
      other_registers::writes,
      (writes{{0x1'0080, 0}, {0x1'0d00, 1 << 27}, {0x1'0c04, u64{2} << 22}, {0x1'0100, 1 << 27}}));
}

TEST_F(gic_registers, v3_takes_and_ends_interrupts) {
  cpu::pending = {33, 1019, 1020};
  EXPECT_EQ(tested_v3::acknowledge(), 33u);
  EXPECT_EQ(tested_v3::acknowledge(), 1019u);
  EXPECT_EQ(tested_v3::line_of(1019), 1019u);
  EXPECT_FALSE(tested_v3::is_none(1019));
  EXPECT_TRUE(tested_v3::is_none(tested_v3::acknowledge()));
  EXPECT_TRUE(tested_v3::is_none(tested_v3::acknowledge()));
  tested_v3::end(33);
  EXPECT_EQ(cpu::ended, std::vector<u32>{33});
}

TEST_F(gic_registers, v3_takes_messages_as_the_lowest_lines) {
  other_registers::values[0x08] = u64{3} << 8 | 1;
  tested_v3::take_messages(0x5000'1000, 0x5001'0000, 14);
  EXPECT_EQ(other_registers::values[0x70], 0x5000'100du);
  EXPECT_EQ(other_registers::values[0x78], u64{1} << 62 | 0x5001'0000);
  EXPECT_EQ(other_registers::writes.back(), (host::register_write{0x00, 1}));
  EXPECT_EQ(tested_v3::message_target(false), 3u << 16);
  EXPECT_EQ(tested_v3::message_target(true), node::reg1.base);

  shared_registers::writes.clear();
  other_registers::writes.clear();
  tested_v3::enable({.number = 2, .trigger = irq::edge_rising});
  EXPECT_TRUE(shared_registers::writes.empty() && other_registers::writes.empty());

  cpu::pending = {8194};
  cpu::ended.clear();
  EXPECT_EQ(tested_v3::acknowledge(), 8194u);
  EXPECT_EQ(tested_v3::line_of(8194), 2u);
  EXPECT_FALSE(tested_v3::is_none(8194));
  tested_v3::end(8194);
  EXPECT_EQ(cpu::ended, std::vector<u32>{8194});
}

TEST_F(gic_registers, v3_without_messages_is_a_panic) {
  EXPECT_PANIC(tested_v3::take_messages(0x5000'1000, 0x5001'0000, 14),
               "expected a redistributor that takes messages, found one without LPIs");
}

struct small : node {
  static constexpr mmio::region reg1 = {.base = 0, .size = 0x10};
};

TEST(gic_check, a_block_too_small_is_refused) {
  static_assert(v2<node>::check());
  static_assert(v3<node>::check());
  static_assert(!v2<small>::check());
  static_assert(!v3<small>::check());
}

}  // namespace
}  // namespace osier::gic
