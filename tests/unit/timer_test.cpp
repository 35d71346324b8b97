// SPDX-License-Identifier: Apache-2.0
// Timers against a reference, and the waits that they bound.
#include "time/timer.hpp"
#include "time/alarm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "host/platform.hpp"

namespace osier::time {
namespace {

using host::clock;

class timers : public testing::Test {
 protected:
  void SetUp() override { frames_ = host::free_frames(); }
  void TearDown() override {
    host::run_until_idle();
    EXPECT_EQ(host::free_frames(), frames_) << "a task still waits";
  }

 private:
  std::size_t frames_ = 0;
};

TEST(ticks, round_up_and_do_not_overflow) {
  using std::chrono::nanoseconds;
  struct {
    duration length;
    hertz rate;
    u64 ticks;
  } const cases[] = {
      {0ns, 62'500'000_Hz, 0},
      {-1ns, 62'500'000_Hz, 0},
      {1ns, 62'500'000_Hz, 1},
      {16ns, 62'500'000_Hz, 1},
      {17ns, 62'500'000_Hz, 2},
      {1s, 62'500'000_Hz, 62'500'000},
      {1500ms, 62'500'000_Hz, 93'750'000},
      {2min, 1'000'000'000_Hz, 120'000'000'000},
      {24h * 365 * 200, 1'000'000'000_Hz, 86'400ull * 365 * 200 * 1'000'000'000},
      {1s, 3_Hz, 3},
      {333'333'333ns, 3_Hz, 1},
      {333'333'334ns, 3_Hz, 2},
      {1s, 1_Hz, 1},
  };
  for (const auto& [length, rate, expected] : cases) {
    EXPECT_EQ(ticks_in(length, rate), expected) << length.count() << " ns at " << rate.value;
  }
}

// A waiter that nothing but a timer makes ready; resuming it does nothing.
struct idle_waiter : async::waiter {
  idle_waiter() { suspend(std::noop_coroutine()); }
};

TEST_F(timers, expire_at_their_moment_and_not_before) {
  idle_waiter who;
  timer one;
  EXPECT_FALSE(one.armed());
  one.arm(after(1ms), who);
  EXPECT_TRUE(one.armed());
  ASSERT_TRUE(host::alarm);
  EXPECT_EQ(*host::alarm, after(1ms));
  host::advance(999us);
  EXPECT_TRUE(one.armed());
  EXPECT_FALSE(one.expired());
  host::advance(1us);
  EXPECT_FALSE(one.armed());
  EXPECT_TRUE(one.expired());
}

TEST_F(timers, a_disarmed_timer_never_expires) {
  idle_waiter who;
  timer one;
  one.arm(after(1ms), who);
  one.disarm();
  one.disarm();
  host::advance(2ms);
  EXPECT_FALSE(one.expired());
  {
    timer gone;
    gone.arm(after(1ms), who);
  }
  host::advance(2ms);
}

TEST_F(timers, match_a_reference_over_random_arms_and_disarms) {
  constexpr std::size_t count = config::frame_count;
  struct slot {
    idle_waiter who;
    timer one;
    std::optional<instant> expected;  // when it must expire
  };
  std::deque<slot> slots(count);
  std::mt19937 random{7};
  for (int step = 0; step < 20'000; ++step) {
    slot& chosen = slots[random() % count];
    switch (random() % 8) {
      case 0: {
        chosen.one.disarm();
        chosen.expected.reset();
        break;
      }
      case 1: {
        host::advance(std::chrono::microseconds{random() % 300});
        for (slot& each : slots) {
          if (each.expected && *each.expected <= clock) {
            ASSERT_FALSE(each.one.armed()) << "late";
            ASSERT_TRUE(each.one.expired());
            each.expected.reset();
          } else {
            ASSERT_EQ(each.one.armed(), each.expected.has_value());
          }
        }
        break;
      }
      default: {
        if (chosen.one.armed()) break;
        const instant when{clock.ticks + 1 + random() % 2000};
        chosen.one.arm(when, chosen.who);
        chosen.expected = when;
        // The alarm never comes later than the earliest.
        for (const slot& each : slots) {
          if (each.expected) ASSERT_LE(*host::alarm, *each.expected);
        }
      }
    }
  }
}

task<> sleep_and_note(instant until, std::vector<instant>& woken) {
  co_await sleep_until{until};
  EXPECT_EQ(clock, until);
  woken.push_back(until);
}

TEST_F(timers, many_sleepers_wake_in_the_order_of_their_moments) {
  std::mt19937 random{3};
  std::vector<instant> woken;
  std::vector<instant> expected;
  while (host::free_frames() > 0) {
    const instant until{clock.ticks + 1 + random() % 500};
    expected.push_back(until);
    ASSERT_TRUE(async::spawn(sleep_and_note(until, woken)));
  }
  ASSERT_GT(expected.size(), 100u);
  host::advance(1ms);
  std::ranges::sort(expected);
  EXPECT_EQ(woken, expected);
}

TEST_F(timers, a_moment_that_has_passed_wakes_at_once) {
  std::vector<instant> woken;
  static constexpr auto sleeper = [](std::vector<instant>& woken) -> task<> {
    co_await sleep_until{instant{clock.ticks - 5}};
    co_await sleep(0ns);
    woken.push_back(clock);
  };
  ASSERT_TRUE(async::spawn(sleeper(woken)));
  host::advance(0ns);
  EXPECT_EQ(woken.size(), 1u);
}

TEST_F(timers, sleep_waits_at_least_as_long) {
  std::vector<instant> woken;
  const instant begin = clock;
  static constexpr auto sleeper = [](std::vector<instant>& woken) -> task<> {
    for (int i = 0; i < 10; ++i) co_await sleep(1500ns);
    woken.push_back(clock);
  };
  ASSERT_TRUE(async::spawn(sleeper(woken)));
  host::advance(1ms);
  ASSERT_EQ(woken.size(), 1u);
  EXPECT_EQ(woken[0].ticks - begin.ticks, 10u * 2);
}

TEST_F(timers, there_may_be_more_of_them_than_frames) {
  idle_waiter who;
  std::deque<timer> all(10 * config::frame_count);
  for (timer& each : all) each.arm(after(1s), who);
  EXPECT_EQ(armed_timers(), all.size());
  host::advance(1s);
  EXPECT_EQ(armed_timers(), 0u);
}

// Waits with a bound.

task<> wait_and_note(async::wait_list& where, instant until, std::vector<std::string>& log) {
  const bool woken = co_await wait_until{where, until};
  log.push_back(woken ? "woken" : "expired");
}

class bounded_wait : public timers {
 protected:
  void wake() {
    if (async::waiter* first = where.pop_front()) async::make_ready(*first);
  }
  async::wait_list where;
  std::vector<std::string> log;
};

TEST_F(bounded_wait, ends_when_woken) {
  ASSERT_TRUE(async::spawn(wait_and_note(where, after(1ms), log)));
  host::advance(500us);
  EXPECT_TRUE(log.empty());
  wake();
  host::run_until_idle();
  EXPECT_EQ(log, std::vector<std::string>{"woken"});
  host::advance(1ms);
  EXPECT_EQ(log.size(), 1u);
}

TEST_F(bounded_wait, ends_at_its_moment_and_leaves_the_list) {
  ASSERT_TRUE(async::spawn(wait_and_note(where, after(1ms), log)));
  host::advance(999us);
  EXPECT_TRUE(log.empty());
  EXPECT_FALSE(where.empty());
  host::advance(1us);
  EXPECT_EQ(log, std::vector<std::string>{"expired"});
  EXPECT_TRUE(where.empty());
}

TEST_F(bounded_wait, one_that_expires_leaves_the_others_waiting) {
  ASSERT_TRUE(async::spawn(wait_and_note(where, after(2ms), log)));
  ASSERT_TRUE(async::spawn(wait_and_note(where, after(1ms), log)));
  ASSERT_TRUE(async::spawn(wait_and_note(where, after(3ms), log)));
  host::advance(1ms);
  EXPECT_EQ(log, (std::vector<std::string>{"expired"}));
  wake();
  wake();
  EXPECT_TRUE(where.empty());
  host::run_until_idle();
  EXPECT_EQ(log, (std::vector<std::string>{"expired", "woken", "woken"}));
}

TEST_F(bounded_wait, woken_and_expired_in_one_turn_resumes_once) {
  ASSERT_TRUE(async::spawn(wait_and_note(where, after(1ms), log)));
  host::run_until_idle();
  clock = after(1ms);
  host::interrupt([](irq::context context) { host::alarm_signal.signal(context); });
  wake();
  host::run_until_idle();
  EXPECT_EQ(log, std::vector<std::string>{"expired"}) << "alarms come before the tasks of a turn";
  EXPECT_EQ(armed_timers(), 0u);
}

TEST_F(bounded_wait, woken_but_expired_before_its_turn_has_expired) {
  ASSERT_TRUE(async::spawn(wait_and_note(where, after(1ms), log)));
  host::run_until_idle();
  ASSERT_TRUE(async::spawn([](async::wait_list& list) -> task<> {
    async::make_ready(*list.pop_front());
    clock = after(1ms);
    host::interrupt([](irq::context context) { host::alarm_signal.signal(context); });
    co_return;
  }(where)));
  host::run_until_idle();
  EXPECT_EQ(log, std::vector<std::string>{"expired"}) << "the moment had come";
}

}  // namespace
}  // namespace osier::time
