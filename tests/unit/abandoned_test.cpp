// SPDX-License-Identifier: Apache-2.0
// Waits that are given up: before they begin, while they wait, and after they were woken but have
// not run. Each leaves every list and timer, and what it was handed goes back.
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "async/event.hpp"
#include "async/when.hpp"
#include "host/platform.hpp"
#include "net/pool.hpp"
#include "net/receive_queue.hpp"
#include "time/timer.hpp"

namespace osier {
namespace {

using net::packet;
using net::packet_buffer;
using net::packet_state;

// Holds an awaiter as a coroutine's frame does, and notes whether it is resumed.
template <class Awaiter>
class waiting : async::continuation {
 public:
  explicit waiting(Awaiter what)
      : continuation{[](continuation& self) { static_cast<waiting&>(self).resumed_ = true; }},
        what_{std::move(what)} {
    EXPECT_FALSE(what_->await_ready());
    what_->await_suspend(handle());
  }
  void abandon() { what_.reset(); }
  bool resumed() const { return resumed_; }
  auto take() { return what_->await_resume(); }

 private:
  std::optional<Awaiter> what_;
  bool resumed_ = false;
};

void signal(async::event& what) {
  host::interrupt([&what](irq::context context) { what.signal(context); });
}

TEST(abandoned, wait_for_an_event_leaves_it) {
  async::event what;
  waiting first{what.wait()};
  first.abandon();
  signal(what);
  host::run_until_idle();
  EXPECT_FALSE(first.resumed());
  EXPECT_TRUE(what.wait().await_ready()) << "the signal was for nobody";
}

TEST(abandoned, wait_leaves_a_signal_that_it_was_woken_for) {
  async::event what;
  waiting first{what.wait()};
  signal(what);
  async::deliver_signals();
  first.abandon();
  host::run_until_idle();
  EXPECT_FALSE(first.resumed());
  EXPECT_TRUE(what.wait().await_ready());
  EXPECT_FALSE(what.wait().await_ready());
}

TEST(abandoned, wait_that_ran_takes_its_signal_along) {
  async::event what;
  waiting first{what.wait()};
  signal(what);
  host::run_until_idle();
  EXPECT_TRUE(first.resumed());
  first.abandon();
  EXPECT_FALSE(what.wait().await_ready());
}

TEST(abandoned, sleep_disarms_its_timer) {
  waiting sleeper{time::sleep(std::chrono::milliseconds{1})};
  EXPECT_EQ(time::armed_timers(), 1u);
  sleeper.abandon();
  EXPECT_EQ(time::armed_timers(), 0u);
}

TEST(abandoned, bounded_wait_leaves_list_and_timer) {
  async::wait_list where;
  waiting sleeper{time::wait_until{where, time::after(std::chrono::milliseconds{1})}};
  EXPECT_FALSE(where.empty());
  sleeper.abandon();
  EXPECT_TRUE(where.empty());
  EXPECT_EQ(time::armed_timers(), 0u);
}

TEST(abandoned, yield_leaves_the_ready_list) {
  waiting ready{async::yield{}};
  ready.abandon();
  host::run_until_idle();
  EXPECT_FALSE(ready.resumed());
}

// Buffers.

class pool_of_two : public testing::Test {
 protected:
  void SetUp() override {
    host::renew(pool);
    pool.start(buffers, settle);
  }
  void TearDown() override { host::run_until_idle(); }
  std::vector<packet_buffer> buffers = std::vector<packet_buffer>(2);
  async::deferred settle{[](async::deferred&) {}};
  net::packet_pool pool;

  packet_buffer& take() { return *pool.take_to_receive().release(); }
};

TEST_F(pool_of_two, try_acquire_says_when_there_is_none) {
  packet_buffer& a = take();
  packet_buffer& b = take();
  EXPECT_FALSE(pool.try_acquire());
  pool.give_back(b);
  pool.give_back(a);
  EXPECT_EQ(pool.available(), 2u);
}

TEST_F(pool_of_two, an_abandoned_acquisition_leaves_the_list) {
  packet_buffer& a = take();
  packet_buffer& b = take();
  waiting first{pool.acquire()};
  first.abandon();
  EXPECT_FALSE(pool.is_short());
  pool.give_back(a);
  pool.give_back(b);
  EXPECT_EQ(pool.available(), 2u);
}

TEST_F(pool_of_two, a_buffer_for_an_abandoned_acquisition_goes_to_the_next_or_back) {
  packet_buffer& a = take();
  packet_buffer& b = take();
  waiting first{pool.acquire()};
  waiting second{pool.acquire()};
  pool.give_back(a);
  EXPECT_EQ(pool.available(), 0u);
  first.abandon();
  EXPECT_FALSE(pool.is_short()) << "the second has it";
  second.abandon();
  EXPECT_EQ(pool.available(), 1u);
  pool.give_back(b);
  EXPECT_EQ(pool.available(), 2u);
}

TEST_F(pool_of_two, an_acquisition_that_ran_keeps_its_buffer) {
  packet_buffer& a = take();
  packet_buffer& b = take();
  waiting first{pool.acquire()};
  pool.give_back(a);
  host::run_until_idle();
  ASSERT_TRUE(first.resumed());
  EXPECT_EQ(first.take().complete(60).hand_over().release(), &a);
  first.abandon();
  EXPECT_EQ(pool.available(), 0u);
  pool.give_back(a);
  pool.give_back(b);
}

// Packets that arrive.

constinit net::receive_queue queue;

struct reception : net::reception<queue> {
  packet_buffer* await_resume() { return &take(); }
};

class arrivals : public testing::Test {
 protected:
  void SetUp() override {
    host::renew(queue);
    queue.set_limit(2);
  }
  void TearDown() override { host::run_until_idle(); }
  bool push(packet_buffer& buffer) {
    return queue.push(packet<packet_state::receiving>::adopt(&buffer, net::driver_headroom));
  }
  packet_buffer a, b, c;
};

TEST_F(arrivals, an_abandoned_reception_gets_nothing) {
  waiting first{reception{}};
  first.abandon();
  EXPECT_TRUE(push(a));
  EXPECT_EQ(&queue.pop(), &a);
  EXPECT_TRUE(queue.empty());
}

TEST_F(arrivals, a_packet_for_an_abandoned_reception_is_the_oldest_again) {
  waiting first{reception{}};
  EXPECT_TRUE(push(a));
  EXPECT_TRUE(push(b));
  EXPECT_TRUE(push(c)) << "what is promised does not count";
  first.abandon();
  host::run_until_idle();
  EXPECT_FALSE(first.resumed());
  EXPECT_EQ(&queue.pop(), &a);
  EXPECT_EQ(&queue.pop(), &b);
  EXPECT_EQ(&queue.pop(), &c);
  EXPECT_TRUE(queue.empty());
}

TEST_F(arrivals, a_packet_for_an_abandoned_reception_goes_to_who_waits) {
  waiting first{reception{}};
  waiting second{reception{}};
  EXPECT_TRUE(push(a));
  first.abandon();
  host::run_until_idle();
  ASSERT_TRUE(second.resumed());
  EXPECT_EQ(second.take(), &a);
  EXPECT_TRUE(queue.empty());
}

TEST_F(arrivals, a_packet_that_is_promised_cannot_be_taken_by_another) {
  waiting first{reception{}};
  EXPECT_TRUE(push(a));
  EXPECT_FALSE(reception{}.await_ready());
  host::run_until_idle();
  ASSERT_TRUE(first.resumed());
  EXPECT_EQ(first.take(), &a);
}

}  // namespace
}  // namespace osier
