// SPDX-License-Identifier: Apache-2.0
// Tasks, events and deferred work: who runs when, and that every frame comes back.
#include "async/executor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "async/event.hpp"
#include "async/task.hpp"
#include "boot/phase.hpp"
#include "host/boot.hpp"
#include "host/platform.hpp"

namespace osier::async {
namespace {

using names = std::vector<std::string>;

// Whatever a test does, every frame is back at its end.
class executor : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(host::free_frames(), config::frame_count); }
  void TearDown() override {
    host::run_until_idle();
    EXPECT_EQ(host::free_frames(), config::frame_count);
  }
  names log;
};

task<> note(names& log, std::string what) {
  log.push_back(std::move(what));
  co_return;
}

task<> note_around_yields(names& log, std::string what, int yields) {
  for (int i = 0; i < yields; ++i) {
    log.push_back(what + std::to_string(i));
    co_await yield{};
  }
}

TEST_F(executor, runs_nothing_before_its_turn) {
  ASSERT_TRUE(spawn(note(log, "a")));
  EXPECT_TRUE(log.empty());
  host::run_until_idle();
  EXPECT_EQ(log, names{"a"});
}

TEST_F(executor, first_come_first_served) {
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(spawn(note(log, name)));
  host::run_until_idle();
  EXPECT_EQ(log, (names{"a", "b", "c"}));
}

TEST_F(executor, yield_lets_the_others_run) {
  ASSERT_TRUE(spawn(note_around_yields(log, "a", 3)));
  ASSERT_TRUE(spawn(note_around_yields(log, "b", 2)));
  host::run_until_idle();
  EXPECT_EQ(log, (names{"a0", "b0", "a1", "b1", "a2"}));
}

// Deferred work.

struct noting : deferred {
  noting(names& log, std::string name)
      : deferred{[](deferred& self) {
          auto& own = static_cast<noting&>(self);
          own.log.push_back(own.name);
          if (own.again-- > 0) defer(own);
        }},
        log{log},
        name{std::move(name)} {}
  names& log;
  std::string name;
  int again = 0;
};

TEST_F(executor, deferred_work_runs_once_after_all_ready_tasks) {
  noting work{log, "drain"};
  defer(work);
  defer(work);
  ASSERT_TRUE(spawn(note_around_yields(log, "a", 2)));
  ASSERT_TRUE(spawn(note(log, "b")));
  host::run_until_idle();
  EXPECT_EQ(log, (names{"a0", "b", "a1", "drain"}));
}

TEST_F(executor, deferred_work_may_defer_itself_and_does_not_starve_tasks) {
  noting work{log, "drain"};
  work.again = 2;
  noting other{log, "other"};
  defer(work);
  defer(other);
  host::run_until_idle();
  EXPECT_EQ(log, (names{"drain", "other", "drain", "drain"}));
}

TEST_F(executor, deferred_work_runs_before_the_cpu_halts) {
  noting work{log, "drain"};
  defer(work);
  arch::on_wait = [this] { log.push_back("halt"); };
  turn();
  turn();
  arch::on_wait = {};
  EXPECT_EQ(log, (names{"drain", "halt"}));
}

// Events.

task<> wait_and_note(event& what, names& log, std::string name, int rounds = 1) {
  for (int i = 0; i < rounds; ++i) {
    co_await what.wait();
    log.push_back(name);
  }
}

void signal(event& what) {
  host::interrupt([&what](irq::context context) { what.signal(context); });
}

TEST_F(executor, an_event_wakes_the_task_that_waits) {
  event what;
  ASSERT_TRUE(spawn(wait_and_note(what, log, "woken")));
  host::run_until_idle();
  EXPECT_TRUE(log.empty());
  EXPECT_FALSE(signals_waiting());
  signal(what);
  EXPECT_TRUE(signals_waiting());
  host::run_until_idle();
  EXPECT_EQ(log, names{"woken"});
  EXPECT_FALSE(signals_waiting());
}

TEST_F(executor, an_event_remembers_a_signal_that_came_before_the_wait) {
  event what;
  signal(what);
  host::run_until_idle();
  ASSERT_TRUE(spawn(wait_and_note(what, log, "woken")));
  host::run_until_idle();
  EXPECT_EQ(log, names{"woken"});
}

TEST_F(executor, signals_before_a_wait_are_one) {
  event what;
  signal(what);
  signal(what);
  host::run_until_idle();
  signal(what);
  ASSERT_TRUE(spawn(wait_and_note(what, log, "woken", 2)));
  host::run_until_idle();
  EXPECT_EQ(log, names{"woken"});
  signal(what);
  host::run_until_idle();
  EXPECT_EQ(log, (names{"woken", "woken"}));
}

TEST_F(executor, an_event_is_used_again) {
  event what;
  ASSERT_TRUE(spawn(wait_and_note(what, log, "woken", 1000)));
  for (int i = 0; i < 1000; ++i) {
    signal(what);
    host::run_until_idle();
  }
  EXPECT_EQ(log.size(), 1000u);
}

TEST_F(executor, several_events_each_wake_their_own) {
  event a, b, c;
  ASSERT_TRUE(spawn(wait_and_note(a, log, "a")));
  ASSERT_TRUE(spawn(wait_and_note(b, log, "b")));
  ASSERT_TRUE(spawn(wait_and_note(c, log, "c")));
  host::run_until_idle();
  signal(c);
  signal(a);
  host::run_until_idle();
  std::ranges::sort(log);
  EXPECT_EQ(log, (names{"a", "c"}));
  signal(b);
  host::run_until_idle();
  EXPECT_EQ(log.back(), "b");
}

TEST_F(executor, a_signal_keeps_the_cpu_from_halting) {
  event what;
  ASSERT_TRUE(spawn(wait_and_note(what, log, "woken")));
  host::run_until_idle();
  arch::on_wait = [this] { log.push_back("halt"); };
  signal(what);
  turn();
  EXPECT_EQ(log, names{"woken"});
  arch::on_wait = {};
}

TEST_F(executor, an_interrupt_during_the_halt_runs_its_task_next) {
  event what;
  ASSERT_TRUE(spawn(wait_and_note(what, log, "woken")));
  host::run_until_idle();
  arch::on_wait = [&] {
    EXPECT_FALSE(arch::interrupts_enabled) << "an interrupt could slip in before the halt";
    log.push_back("halt");
    signal(what);
  };
  turn();
  EXPECT_TRUE(arch::interrupts_enabled);
  turn();
  arch::on_wait = {};
  EXPECT_EQ(log, (names{"halt", "woken"}));
}

TEST_F(executor, the_boot_phase_runs_tasks_until_the_machine_ends) {
  static constexpr auto end_machine = [](names& log) -> task<> {
    co_await yield{};
    platform::power_off(log.size() == 1 ? 5 : 6);
  };
  EXPECT_EXIT(
      {
        ASSERT_TRUE(spawn(end_machine(log)));
        ASSERT_TRUE(spawn(note(log, "a")));
        host::begin_boot().enable_interrupts().run();
      },
      testing::ExitedWithCode(5), "");
}

// Tasks that await tasks.

task<int> add(int a, int b) { co_return a + b; }

task<int> add_later(int a, int b) {
  co_await yield{};
  const int sum = co_await add(a, b);
  co_await yield{};
  co_return sum;
}

task<std::unique_ptr<int>> box(int value) { co_return std::make_unique<int>(value); }

task<int> depth(int levels) {
  if (levels == 0) co_return 0;
  co_return 1 + co_await depth(levels - 1);
}

TEST_F(executor, a_task_gives_its_value_to_the_one_that_awaits_it) {
  static constexpr auto outer = [](names& log) -> task<> {
    log.push_back(std::to_string(co_await add(1, 2)));
    log.push_back(std::to_string(co_await add_later(3, 4)));
    log.push_back(std::to_string(*co_await box(5)));
    log.push_back(std::to_string(co_await depth(40)));
  };
  ASSERT_TRUE(spawn(outer(log)));
  ASSERT_TRUE(spawn(note(log, "between")));
  host::run_until_idle();
  EXPECT_EQ(log, (names{"3", "between", "7", "5", "40"}));
}

TEST_F(executor, a_task_that_is_dropped_frees_its_frame_and_what_it_was_given) {
  auto given = std::make_shared<int>(1);
  static constexpr auto keep = [](std::shared_ptr<int>) -> task<> { co_return; };
  {
    task<> dropped = keep(given);
    EXPECT_EQ(given.use_count(), 2);
    EXPECT_EQ(host::free_frames(), config::frame_count - 1);
  }
  EXPECT_EQ(given.use_count(), 1);
}

TEST_F(executor, a_moved_task_has_one_owner) {
  task<> first = note(log, "once");
  task<> second = std::move(first);
  EXPECT_TRUE(second);
  ASSERT_TRUE(spawn(std::move(second)));
  host::run_until_idle();
  EXPECT_EQ(log, names{"once"});
}

TEST_F(executor, frames_come_back_over_a_hundred_thousand_rounds) {
  int rounds = 0;
  static constexpr auto round = [](int& rounds) -> task<> { rounds += co_await add_later(0, 1); };
  for (int i = 0; i < 100'000; ++i) {
    ASSERT_TRUE(spawn(round(rounds)));
    if (i % 7 == 0) ASSERT_TRUE(spawn(round(rounds)));
    host::run_until_idle();
  }
  EXPECT_EQ(rounds, 100'000 + (100'000 + 6) / 7);
}

// No frame left.

TEST_F(executor, spawn_says_when_no_frame_is_left) {
  event what;
  std::size_t spawned = 0;
  while (spawn(wait_and_note(what, log, "waiter", 0))) ++spawned;
  EXPECT_EQ(spawned, config::frame_count);
  EXPECT_FALSE(note(log, "none"));
  host::run_until_idle();
  EXPECT_TRUE(spawn(note(log, "one")));
}

TEST_F(executor, awaiting_a_task_without_a_frame_is_a_panic_that_names_the_limit) {
  static constexpr auto outer = []() -> task<> { co_await depth(config::frame_count); };
  EXPECT_PANIC(
      {
        if (spawn(outer())) host::run_until_idle();
      },
      "no coroutine frame left; raise frame-count in app.dtsi");
}

}  // namespace
}  // namespace osier::async
