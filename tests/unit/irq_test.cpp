// SPDX-License-Identifier: Apache-2.0
// From the controller to the handler of a line, and the states of a line at boot.
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "boot/phase.hpp"
#include "host/boot.hpp"
#include "host/platform.hpp"
#include "irq/dispatch.hpp"
#include "irq/line.hpp"

namespace osier::irq {
namespace {

struct fake_controller {
  static inline std::deque<u32> pending;
  static inline std::vector<std::string> log;
  static inline std::vector<u32> enabled;
  static constexpr u32 none = ~u32{0};

  // Its names are ten times the lines'.
  static u32 acknowledge() {
    if (pending.empty()) return none;
    const u32 number = pending.front();
    pending.pop_front();
    return 10 * number;
  }
  static u32 line_of(u32 taken) { return taken / 10; }
  static bool is_none(u32 taken) { return taken == none; }
  static void end(u32 taken) { log.push_back("end " + std::to_string(taken)); }
  static void enable(line which) { enabled.push_back(which.number); }
};

constexpr line claimed = {.number = 2, .trigger = level_high};

constexpr handler_table<4> handlers = [] {
  handler_table<4> table = {};
  table[1] = [](context) { fake_controller::log.push_back("one"); };
  table[2] = [](context) {
    fake_controller::log.push_back("two");
    // Another line is raised meanwhile.
    if (fake_controller::log.size() < 4) fake_controller::pending.push_back(1);
  };
  return table;
}();

void dispatch_in_interrupt() {
  host::interrupt([](context proof) { dispatch<fake_controller>(handlers, "/intc", proof); });
}

class dispatching : public testing::Test {
 protected:
  void SetUp() override {
    fake_controller::pending.clear();
    fake_controller::log.clear();
    fake_controller::enabled.clear();
  }
};

TEST_F(dispatching, each_interrupt_runs_one_handler) {
  fake_controller::pending = {1, 2};
  dispatch_in_interrupt();
  EXPECT_EQ(fake_controller::log, (std::vector<std::string>{"one", "end 10"}));
  while (!fake_controller::pending.empty()) dispatch_in_interrupt();
  EXPECT_EQ(fake_controller::log,
            (std::vector<std::string>{"one", "end 10", "two", "end 20", "one", "end 10"}));
}

TEST_F(dispatching, nothing_pending_is_nothing_done) {
  dispatch_in_interrupt();
  EXPECT_TRUE(fake_controller::log.empty());
}

TEST_F(dispatching, a_line_without_an_owner_is_a_panic) {
  for (const u32 stray : {u32{0}, u32{3}, u32{4}, u32{1019}}) {
    fake_controller::pending = {stray};
    EXPECT_PANIC(dispatch_in_interrupt(),
                 "/intc: interrupt " + std::to_string(stray) + " has no owner, nor does the tree");
  }
}

TEST_F(dispatching, a_line_is_enabled_after_it_is_bound) {
  masked_line<claimed> masked{host::entry()};
  EXPECT_TRUE(fake_controller::enabled.empty());
  auto bound = std::move(masked).bind<handlers>();
  EXPECT_TRUE(fake_controller::enabled.empty());
  std::move(bound).enable<fake_controller>();
  EXPECT_EQ(fake_controller::enabled, std::vector<u32>{2});
}

TEST_F(dispatching, the_boot_enables_interrupts_once) {
  EXPECT_EXIT(
      {
        arch::interrupts_enabled = false;
        ASSERT_TRUE(async::spawn([] -> task<> {
          _exit(arch::interrupts_enabled ? 5 : 6);
          co_return;
        }()));
        auto entry = host::begin_boot();
        if (arch::interrupts_enabled) _exit(7);
        std::move(entry).enable_interrupts().run();
      },
      testing::ExitedWithCode(5), "");
}

}  // namespace
}  // namespace osier::irq
