// SPDX-License-Identifier: Apache-2.0
// The core-local interruptor's timer, against a counter that runs while it is read.
#include "clint/clint.hpp"

#include <gtest/gtest.h>

#include "host/platform.hpp"
#include "host/registers.hpp"

namespace osier::clint {
namespace {

struct node {
  static constexpr std::string_view path = "/soc/clint@0";
  static constexpr std::string_view origin = "dts/board.dts:1";
  static constexpr mmio::region reg = {.base = 0, .size = 0x1'0000};
  static constexpr u32 timer_entry = 5;  // the third hart's
};

struct small_node : node {
  static constexpr mmio::region reg = {.base = 0, .size = 0xbff8};
};

using registers = host::registers<node>;
using tested_driver = driver<node, registers>;
static_assert(tested_driver::check());
static_assert(!driver<small_node>::check());

constexpr std::size_t own = 0x4010;
constexpr u64 never = ~u64{0};

class timer : public testing::Test {
 protected:
  void SetUp() override {
    registers::reset();
    registers::on_read = [this](std::size_t offset, u64 stored) -> u64 {
      if (offset != counter && offset != counter + 4) return stored;
      const u64 now = count;
      count += step;
      return offset == counter ? now & 0xffff'ffff : now >> 32;
    };
    registers::on_write = [this](std::size_t, u64) { lowest = std::min(lowest, compared()); };
  }
  static u64 compared() { return registers::values[own + 4] << 32 | registers::values[own]; }

  u64 count = 0;
  u64 step = 0;
  u64 lowest = never;
  tested_driver driver;
};

TEST_F(timer, starts_with_the_alarm_of_its_own_hart_off) {
  driver.start();
  EXPECT_EQ(compared(), never);
  for (const auto& write : registers::writes) EXPECT_EQ(write.offset & ~std::size_t{7}, own);
}

TEST_F(timer, a_block_without_a_compare_register_is_a_panic) {
  registers::on_read = [](std::size_t, u64) { return 0; };
  EXPECT_PANIC(driver.start(), "/soc/clint@0: expected a compare register that holds");
}

TEST_F(timer, reads_the_time_right_while_the_low_half_wraps) {
  for (step = 0; step < 4; ++step) {
    for (u64 begin = 0x1'ffff'fff8; begin < 0x2'0000'0008; ++begin) {
      count = begin;
      const u64 now = tested_driver::now().ticks;
      EXPECT_GE(now, begin);
      EXPECT_LE(now, count);
    }
  }
}

TEST_F(timer, never_compares_with_less_than_what_was_and_what_is_asked_for) {
  tested_driver::set_alarm({0x1'0000'0005});
  lowest = never;
  tested_driver::set_alarm({0x2'0000'0000});
  EXPECT_EQ(compared(), 0x2'0000'0000u);
  EXPECT_GE(lowest, 0x1'0000'0005u);
  lowest = never;
  tested_driver::set_alarm({0x1'ffff'ffff});
  EXPECT_EQ(compared(), 0x1'ffff'ffffu);
  EXPECT_GE(lowest, 0x1'ffff'ffffu);
}

TEST_F(timer, an_alarm_turns_itself_off_and_signals) {
  tested_driver::set_alarm({100});
  host::interrupt([this](irq::context context) { driver.interrupt(context); });
  EXPECT_EQ(compared(), never);
  bool woken = false;
  const auto wait = [](async::event& alarm, bool& woken) -> task<> {
    co_await alarm.wait();
    woken = true;
  };
  ASSERT_TRUE(async::spawn(wait(driver.alarm(), woken)));
  host::run_until_idle();
  EXPECT_TRUE(woken);
}

}  // namespace
}  // namespace osier::clint
