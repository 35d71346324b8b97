// SPDX-License-Identifier: Apache-2.0
// The timer driver over fake registers: its rate, its alarm, its interrupt.
#include "arm-timer/arm_timer.hpp"

#include <gtest/gtest.h>

#include "host/platform.hpp"

namespace osier::arm_timer {
namespace {

struct node {
  static constexpr std::string_view path = "/timer";
  static constexpr hertz clock = 62'500'000_Hz;
};

using registers = arch::generic_timer;
using tested_driver = driver<node>;
static_assert(tested_driver::check());

class arm_timer : public testing::Test {
 protected:
  void SetUp() override {
    registers::rate = node::clock.value;
    registers::counter = 1234;
    registers::compare = 0;
    registers::control = ~u64{0};
  }
  tested_driver timer;
};

TEST_F(arm_timer, starts_with_its_alarm_off) {
  timer.start();
  EXPECT_EQ(registers::control, 0u);
}

TEST_F(arm_timer, another_rate_than_the_trees_is_a_panic) {
  registers::rate = 24'000'000;
  EXPECT_PANIC(timer.start(), "/timer: expected a timer at 62500000 Hz, found one at 24000000 Hz");
}

TEST_F(arm_timer, tells_the_count) { EXPECT_EQ(tested_driver::now(), time::instant{1234}); }

TEST_F(arm_timer, sets_its_alarm_and_replaces_it) {
  tested_driver::set_alarm({2000});
  EXPECT_EQ(registers::compare, 2000u);
  EXPECT_EQ(registers::control, 1u);
  tested_driver::set_alarm({1500});
  EXPECT_EQ(registers::compare, 1500u);
}

TEST_F(arm_timer, an_interrupt_lowers_the_line_and_signals_the_alarm) {
  timer.start();
  tested_driver::set_alarm({2000});
  const u64 before = time::alarm_count();
  for (u64 expected = 1; expected <= 2; ++expected) {
    tested_driver::set_alarm({2000});
    host::interrupt([this](irq::context context) { timer.interrupt(context); });
    EXPECT_EQ(registers::control, 0u) << "the line would stay raised for ever";
    host::run_until_idle();
    EXPECT_EQ(time::alarm_count() - before, expected);
  }
}

}  // namespace
}  // namespace osier::arm_timer
