// SPDX-License-Identifier: Apache-2.0
// The platform-level interrupt controller, against registers that behave as one.
#include "plic/plic.hpp"

#include <gtest/gtest.h>

#include <set>

#include "host/platform.hpp"
#include "host/registers.hpp"

namespace osier::plic {
namespace {

template <u32 Context, u32 Lines = 40, std::size_t Size = 0x60'0000>
struct node {
  static constexpr std::string_view path = "/soc/plic@0";
  static constexpr std::string_view origin = "dts/board.dts:1";
  static constexpr mmio::region reg = {.base = 0, .size = Size};
  static constexpr u32 context = Context;
  static constexpr u32 riscv_ndev = Lines;
};

using registers = host::registers<node<3>>;
template <u32 Context>
using controller = driver<node<Context>, registers>;

constexpr irq::line line(u32 number) { return {.number = number, .trigger = irq::level_high}; }

class controllers : public testing::Test {
 protected:
  void SetUp() override {
    registers::reset();
    // Forty lines: line 0 and those behind keep no priority.
    registers::on_read = [this](std::size_t offset, u64 stored) -> u64 {
      if (offset < enables) return offset >= 4 && offset <= 4 * 40 ? stored : 0;
      if (offset != claimed_at || pending.empty()) return offset == claimed_at ? 0 : stored;
      return *pending.begin();
    };
    registers::on_write = [this](std::size_t offset, u64 value) {
      if (offset == claimed_at) pending.erase(static_cast<u32>(value));
    };
  }

  std::set<u32> pending;
  std::size_t claimed_at = claim;
};

TEST_F(controllers, start_masks_every_word_of_the_own_context_and_admits_all) {
  controller<3>::start();
  EXPECT_EQ(registers::writes,
            (std::vector<host::register_write>{{0x2180, 0}, {0x2184, 0}, {0x20'3000, 0}}));
}

TEST_F(controllers, each_context_has_registers_of_its_own) {
  controller<0>::start();
  controller<0>::enable(line(33));
  EXPECT_EQ(registers::values[0x2000], 0u);
  EXPECT_EQ(registers::values[0x2004], 2u);
  controller<3>::enable(line(1));
  EXPECT_EQ(registers::values[0x2180], 2u);
}

TEST_F(controllers, lines_of_one_word_are_unmasked_together) {
  controller<0>::start();
  for (const u32 number : {1u, 10u, 31u}) controller<0>::enable(line(number));
  EXPECT_EQ(registers::values[0x2000], u32{1} << 1 | 1 << 10 | u32{1} << 31);
  EXPECT_EQ(registers::values[4 * 10], 1u);
}

TEST_F(controllers, a_line_that_is_not_there_is_a_panic) {
  EXPECT_PANIC(controller<0>::enable(line(41)), "/soc/plic@0: expected a PLIC with line 41");
}

TEST_F(controllers, claims_what_is_pending_and_completes_it) {
  EXPECT_TRUE(controller<0>::is_none(controller<0>::acknowledge()));
  pending = {8, 10};
  EXPECT_EQ(controller<0>::acknowledge(), 8u);
  controller<0>::end(8);
  EXPECT_EQ(controller<0>::acknowledge(), 10u);
  controller<0>::end(10);
  EXPECT_TRUE(controller<0>::is_none(controller<0>::acknowledge()));

  pending = {5};
  EXPECT_TRUE(controller<3>::is_none(controller<3>::acknowledge())) << "another context's";
  claimed_at = 0x20'3004;
  EXPECT_EQ(controller<3>::acknowledge(), 5u);
}

TEST(nodes, with_too_small_a_block_or_a_wrong_number_of_lines_are_refused) {
  static_assert(driver<node<0, 1023>>::check());
  static_assert(!driver<node<0, 1024>>::check());
  static_assert(!driver<node<0, 0>>::check());
  static_assert(driver<node<0, 40, 0x20'0008>>::check());
  static_assert(!driver<node<0, 40, 0x20'0007>>::check());
  static_assert(!driver<node<1, 40, 0x20'1007>>::check());
  static_assert(driver<node<1, 40, 0x20'1008>>::check());
}

}  // namespace
}  // namespace osier::plic
