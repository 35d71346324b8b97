// SPDX-License-Identifier: Apache-2.0
// The timer of supervisor mode, against the registers of a hart.
#include "riscv-timer/riscv_timer.hpp"

#include <gtest/gtest.h>

#include "host/platform.hpp"

namespace osier::riscv_timer {
namespace {

template <bool Firmware>
struct node {
  static constexpr std::string_view path = "/timer";
  static constexpr bool firmware = Firmware;
};

using hart = arch::supervisor_timer<false>;
using tested_driver = driver<node<false>>;
using driver_over_firmware = driver<node<true>>;
static_assert(tested_driver::check());

constexpr u64 never = ~u64{0};

class timer : public testing::Test {
 protected:
  void SetUp() override {
    hart::exists = true;
    hart::compare = 0;
  }
  tested_driver driver;
};

TEST_F(timer, starts_with_the_alarm_off) {
  driver.start();
  EXPECT_EQ(hart::compare, never);
}

TEST_F(timer, a_hart_without_an_alarm_is_a_panic) {
  hart::exists = false;
  EXPECT_PANIC(driver.start(), "/timer: expected a compare register of the timer, found none");
}

TEST_F(timer, firmware_without_an_alarm_is_a_panic) {
  arch::supervisor_timer<true>::exists = false;
  driver_over_firmware other;
  EXPECT_PANIC(other.start(), "/timer: expected firmware that sets a timer, found none");
}

TEST_F(timer, tells_the_time_and_sets_an_alarm) {
  hart::counter = 0x1'0000'0005;
  EXPECT_EQ(tested_driver::now().ticks, 0x1'0000'0005u);
  tested_driver::set_alarm({0x2'0000'0000});
  EXPECT_EQ(hart::compare, 0x2'0000'0000u);
}

TEST_F(timer, an_alarm_turns_itself_off_and_signals) {
  const u64 before = time::alarm_count();
  tested_driver::set_alarm({100});
  host::interrupt([this](irq::context context) { driver.interrupt(context); });
  EXPECT_EQ(hart::compare, never);
  host::run_until_idle();
  EXPECT_EQ(time::alarm_count() - before, 1u);
}

}  // namespace
}  // namespace osier::riscv_timer
