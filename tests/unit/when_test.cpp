// SPDX-License-Identifier: Apache-2.0
// Waiting for several things: who wins, and that nothing of the others is left.
#include "async/when.hpp"
#include "time/alarm.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "async/event.hpp"
#include "host/platform.hpp"
#include "time/deadline.hpp"

namespace osier::async {
namespace {

using namespace std::chrono_literals;
using names = std::vector<std::string>;

class when : public testing::Test {
 protected:
  void SetUp() override { frames_ = host::free_frames(); }
  void TearDown() override {
    host::run_until_idle();
    EXPECT_EQ(host::free_frames(), frames_) << "a task still waits";
    EXPECT_EQ(free_frames(), frames_);
    EXPECT_EQ(time::armed_timers(), 0u);
  }
  void run(task<> work) {
    ASSERT_TRUE(spawn(std::move(work)));
    host::run_until_idle();
  }
  static void signal(event& what) {
    host::interrupt([&what](irq::context context) { what.signal(context); });
  }
  names log;

 private:
  std::size_t frames_ = 0;
};

// Notes its end, whether it ran there or was destroyed on the way.
struct witness {
  names& log;
  std::string name;
  ~witness() { log.push_back(name); }
};

task<int> give(int value) { co_return value; }

task<int> give_after(int yields, int value, names& log) {
  const witness end{log, "end " + std::to_string(value)};
  for (int i = 0; i < yields; ++i) co_await yield{};
  log.push_back("ran " + std::to_string(value));
  co_return value;
}

task<std::unique_ptr<int>> box_after(int yields, int value) {
  for (int i = 0; i < yields; ++i) co_await yield{};
  co_return std::make_unique<int>(value);
}

TEST_F(when, the_first_wins_and_the_others_are_destroyed) {
  run([](names& log) -> task<> {
    auto first =
        co_await when_any(give_after(3, 1, log), give_after(1, 2, log), give_after(2, 3, log));
    EXPECT_EQ(first.index(), 1u);
    EXPECT_EQ(std::get<1>(first), 2);
    log.push_back("on");
    EXPECT_EQ(free_frames(), config::frame_count - 1) << "the frames are back at once";
  }(log));
  EXPECT_EQ(log, (names{"ran 2", "end 2", "end 1", "end 3", "on"}));
}

TEST_F(when, what_is_over_at_once_keeps_the_rest_from_starting) {
  run([](names& log) -> task<> {
    const auto first = co_await when_any(give(7), give_after(0, 8, log));
    EXPECT_EQ(first.index(), 0u);
    EXPECT_EQ(std::get<0>(first), 7);
  }(log));
  EXPECT_TRUE(log.empty());
}

TEST_F(when, an_event_that_comes_wins_against_one_that_does_not) {
  event a, b;
  int won = -1;
  run([](event& a, event& b, int& won) -> task<> {
    for (int i = 0; i < 100; ++i) {
      won = static_cast<int>((co_await when_any(a.wait(), b.wait())).index());
    }
  }(a, b, won));
  for (int i = 0; i < 100; ++i) {
    signal(i % 3 == 0 ? a : b);
    host::run_until_idle();
    ASSERT_EQ(won, i % 3 == 0 ? 0 : 1);
  }
}

TEST_F(when, a_signal_for_a_wait_that_lost_is_not_lost) {
  event a, b;
  run([](event& a, event& b, names& log) -> task<> {
    const auto first = co_await when_any(a.wait(), b.wait());
    log.push_back(first.index() == 0 ? "a" : "b");
    co_await a.wait();
    log.push_back("a");
    co_await b.wait();
    log.push_back("b");
  }(a, b, log));
  signal(a);
  signal(b);
  host::run_until_idle();
  // Whichever was first, the other's signal was there for its own wait.
  if (log.front() == "a") {
    signal(a);
  } else {
    signal(b);
  }
  host::run_until_idle();
  EXPECT_EQ(log.size(), 3u);
}

TEST_F(when, groups_stand_in_groups) {
  event never;
  run([](event& never, names& log) -> task<> {
    auto first = co_await when_any(when_all(never.wait(), give(1)),
                                   when_any(never.wait(), give_after(1, 2, log)), yield{});
    EXPECT_EQ(first.index(), 1u);
    EXPECT_EQ(std::get<1>(std::get<1>(first)), 2);
  }(never, log));
  EXPECT_EQ(log, (names{"ran 2", "end 2"}));
}

TEST_F(when, all_gives_every_value_whatever_the_order) {
  run([](names& log) -> task<> {
    auto [a, b, c, d] = co_await when_all(give_after(3, 1, log), give(2), box_after(1, 3), yield{});
    EXPECT_EQ(a, 1);
    EXPECT_EQ(b, 2);
    EXPECT_EQ(*c, 3);
    static_assert(std::is_same_v<decltype(d), std::monostate>);
    EXPECT_EQ(free_frames(), config::frame_count - 1);
  }(log));
}

TEST_F(when, all_that_are_over_at_once_do_not_suspend) {
  run([](names& log) -> task<> {
    const auto [a, b] = co_await when_all(give(1), give(2));
    log.push_back(std::to_string(a + b));
  }(log));
  EXPECT_EQ(log, names{"3"});
}

TEST_F(when, all_that_is_abandoned_frees_what_has_come) {
  auto held = std::make_shared<int>(1);
  event never;
  static constexpr auto keep = [](std::shared_ptr<int> value) -> task<std::shared_ptr<int>> {
    co_return value;
  };
  {
    task<> waits = [](event& never, std::shared_ptr<int> held) -> task<> {
      co_await when_any(when_all(keep(held), never.wait()), yield{});
    }(never, held);
    run(std::move(waits));
  }
  EXPECT_EQ(held.use_count(), 1);
}

// Deadlines.

TEST_F(when, a_deadline_ends_a_wait) {
  event what;
  run([](event& what, names& log) -> task<> {
    const auto first = co_await time::with_deadline(what.wait(), 1ms);
    log.push_back(first ? "woken" : "timed out");
    const auto second = co_await time::with_deadline(what.wait(), 1ms);
    log.push_back(second ? "woken" : "timed out");
  }(what, log));
  host::advance(1ms);
  EXPECT_EQ(log, names{"timed out"});
  EXPECT_EQ(time::armed_timers(), 1u);
  signal(what);
  host::run_until_idle();
  EXPECT_EQ(log, (names{"timed out", "woken"}));
}

TEST_F(when, a_deadline_that_has_passed_still_takes_what_is_there) {
  run([](names&) -> task<> {
    const auto value = co_await time::with_deadline(give(4), time::instant{0});
    EXPECT_TRUE(value);
    EXPECT_EQ(value.value_or(0), 4);
  }(log));
}

TEST_F(when, a_deadline_destroys_a_task_with_all_that_it_waits_for) {
  run([](names& log) -> task<> {
    static constexpr auto inner = [](names& log) -> task<> {
      const witness end{log, "inner"};
      co_await time::sleep(1h);
    };
    static constexpr auto outer = [](names& log) -> task<int> {
      const witness end{log, "outer"};
      co_await when_all(inner(log), inner(log), time::sleep(2h));
      co_return 1;
    };
    const auto value = co_await time::with_deadline(outer(log), 5ms);
    EXPECT_EQ(value.error(), time::timed_out{});
    EXPECT_EQ(time::armed_timers(), 0u);
  }(log));
  EXPECT_EQ(time::armed_timers(), 4u);
  host::advance(5ms);
  EXPECT_EQ(log.size(), 3u);
}

// Whatever is destroyed at whatever moment, nothing is left behind.

task<int> tree(std::mt19937& random, event& what, int depth) {
  switch (random() % (depth > 0 ? 7 : 4)) {
    case 0: co_await yield{}; co_return 1;
    case 1: co_await time::sleep(std::chrono::microseconds{random() % 50}); co_return 2;
    case 2: co_return (co_await time::with_deadline(what.wait(), 20us)) ? 3 : 4;
    case 3: co_return 5;
    case 4: {
      auto first = co_await when_any(tree(random, what, depth - 1), tree(random, what, depth - 1),
                                     time::sleep(std::chrono::microseconds{random() % 50}));
      co_return static_cast<int>(first.index());
    }
    case 5: {
      auto [a, b] = co_await when_all(tree(random, what, depth - 1), time::sleep(10us));
      co_return a;
    }
    default:
      co_return (co_await time::with_deadline(tree(random, what, depth - 1), 15us)).value_or(6);
  }
}

TEST_F(when, nothing_is_left_after_random_trees_of_waits) {
  std::mt19937 random{11};
  event what;  // one task waits for it at a time
  for (int round = 0; round < 3'000; ++round) {
    task<> work = [](std::mt19937& random, event& what) -> task<> {
      co_await time::with_deadline(tree(random, what, 3),
                                   std::chrono::microseconds{random() % 100});
    }(random, what);
    ASSERT_TRUE(spawn(std::move(work)));
    for (int step = 0; step < 20; ++step) {
      if (random() % 4 == 0) signal(what);
      host::advance(std::chrono::microseconds{random() % 20});
    }
    host::advance(1ms);
    ASSERT_EQ(time::armed_timers(), 0u);
  }
}

TEST_F(when, a_hundred_thousand_rounds_leave_nothing) {
  event what;
  run([](event& what) -> task<> {
    for (int i = 0; i < 100'000; ++i) {
      auto first = co_await when_any(what.wait(), time::sleep(1h), yield{});
      EXPECT_EQ(first.index(), 2u);
    }
  }(what));
}

}  // namespace
}  // namespace osier::async
