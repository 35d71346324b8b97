// SPDX-License-Identifier: Apache-2.0
// The timer over a model of the hardware, where every access takes time and interrupts come late.
#include "apic-timer/apic_timer.hpp"

#include <gtest/gtest.h>

#include <random>

#include "host/platform.hpp"
#include "host/registers.hpp"

namespace osier::apic_timer {
namespace {

struct node {
  static constexpr std::string_view path = "/timer@0";
  static constexpr std::string_view origin = "dts/board.dts:1";
  static constexpr mmio::region reg = {.base = 0, .size = 0x10};
  static constexpr mmio::region reg1 = {.base = 0, .size = 0x70};
  static constexpr irq::line irq = {.number = 24, .trigger = irq::edge_rising};
  static constexpr hertz clock = 1'000'000'000_Hz;
};
struct short_node : node {
  static constexpr mmio::region reg1 = {.base = 0, .size = 0x60};
};
struct vector_tag;
struct counters_tag;
using vector_register = host::registers<vector_tag>;
using counters = host::registers<counters_tag>;
using tested_driver = driver<node, vector_register, counters>;
static_assert(tested_driver::check());
static_assert(!driver<short_node, vector_register, counters>::check());

class apic_timer_model : public testing::Test {
 protected:
  void SetUp() override {
    vector_register::reset();
    counters::reset();
    counters::on_write = [this](std::size_t offset, u64 value) {
      if (offset != 0x00) return;
      now += 300;
      loaded_at = interrupts_from = now;
      period = value + 1;
      now += 4000;  // such as to tell another thread
    };
    counters::on_read = [this](std::size_t offset, u64 stored) -> u64 {
      now += 200;
      return offset == 0x10 ? period - 1 - (now - loaded_at) % period : stored;
    };
    arch::on_time_stamp = [this] {
      now += 20;
      return now * 21 / 10;
    };
    timer.start();
    started = loaded_at;
  }

  u64 next_interrupt() const {
    return loaded_at + ((interrupts_from - loaded_at) / period + 1) * period;
  }

  // Lets time pass; an interrupt comes some time after it is due, and once for all that were.
  void pass(u64 length, u64 late = 2000) {
    const u64 until = now + length;
    while (next_interrupt() + late <= until) {
      now = std::max(now, next_interrupt() + late);
      interrupts_from = now;
      ++interrupts;
      host::interrupt([this](irq::context context) { timer.interrupt(context); });
    }
    now = std::max(now, until);
  }

  // The driver's time; the model's is `now - started`.
  u64 told() { return timer.now().ticks; }
  double drift() { return static_cast<double>(told()) - static_cast<double>(now - started); }

  u64 now = 1'000'000;  // in ticks
  u64 started = 0;
  u64 loaded_at = 0;
  u64 interrupts_from = 0;
  u64 period = 1;
  int interrupts = 0;
  tested_driver timer;
};

TEST_F(apic_timer_model, counts_periodically_at_the_full_rate) {
  EXPECT_EQ(vector_register::values[0], 0x2'0000u | 56);
  EXPECT_EQ(counters::values[0x60], 0b1011u);
  EXPECT_EQ(counters::values[0x00], 0xffff'ffffu);
}

TEST_F(apic_timer_model, time_goes_on_over_many_periods_without_an_alarm) {
  pass(60 * node::clock.value);
  EXPECT_EQ(interrupts, 13);
  // Not having been asked, it has not learned what the time stamps mean.
  EXPECT_NEAR(drift(), 0, 13 * 8000);
}

TEST_F(apic_timer_model, an_alarm_comes_at_its_moment_and_not_before) {
  pass(100'000);
  const u64 wanted = told() + 1'000'000;
  timer.set_alarm({wanted});
  pass(990'000);
  EXPECT_EQ(interrupts, 0);
  pass(20'000);
  EXPECT_EQ(interrupts, 1);
  EXPECT_GE(told(), wanted);
  pass(2'000'000'000);
  EXPECT_EQ(interrupts, 1);
}

TEST_F(apic_timer_model, an_alarm_in_the_past_comes_at_once) {
  pass(1'000'000);
  timer.set_alarm({5});
  pass(20'000);
  EXPECT_EQ(interrupts, 1);
}

TEST_F(apic_timer_model, an_alarm_further_than_a_period_comes_after_some) {
  pass(1'000'000);
  const u64 wanted = told() + 10 * node::clock.value;
  timer.set_alarm({wanted});
  pass(11 * node::clock.value);
  EXPECT_EQ(interrupts, 3);
  EXPECT_NEAR(drift(), 0, 200);
}

// An interrupt that was on its way when its period was cut short is no period.
TEST_F(apic_timer_model, a_stale_interrupt_does_not_move_the_time) {
  pass(1'000'000);
  timer.set_alarm({told() + 500'000});
  pass(100'000);
  host::interrupt([this](irq::context context) { timer.interrupt(context); });
  EXPECT_NEAR(drift(), 0, 200);
}

TEST_F(apic_timer_model, time_does_not_drift_where_alarms_are_many_and_late) {
  std::mt19937 random{1};
  pass(1'000'000);
  u64 latest = 0;
  for (int i = 0; i < 20'000; ++i) {
    timer.set_alarm({told() + random() % 2'000'000});
    // Sometimes the CPU is away for longer than the alarm's period.
    pass(random() % 4'000'000, i % 50 == 0 ? 10'000'000 : random() % 60'000);
    ASSERT_GE(told(), latest) << i;
    latest = told();
  }
  EXPECT_LT(std::abs(drift()) / static_cast<double>(now - started), 20e-6);
}

}  // namespace
}  // namespace osier::apic_timer
