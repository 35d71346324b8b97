// SPDX-License-Identifier: Apache-2.0
// The packet pool: who gets a buffer, in what order, and that all come back.
#include "net/pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <list>
#include <random>
#include <set>
#include <vector>

#include "async/task.hpp"
#include "host/link.hpp"
#include "host/platform.hpp"

namespace osier::net {
namespace {

using building = packet<packet_state::building>;
using receiving = packet<packet_state::receiving>;
using received = packet<packet_state::received>;

class pool : public testing::Test {
 protected:
  void SetUp() override { host::fill_pool(count); }
  void TearDown() override {
    host::run_until_idle();
    EXPECT_EQ(packets.available(), count) << "a buffer is lost";
    EXPECT_FALSE(packets.is_short());
  }
  static constexpr std::size_t count = 4;
};

TEST_F(pool, every_buffer_is_handed_out_once) {
  std::set<arch::phys_addr> addresses;
  {
    std::vector<receiving> taken;
    while (packets.available() > 0) {
      taken.push_back(packets.take_to_receive());
      addresses.insert(taken.back().address());
    }
    EXPECT_EQ(taken.size(), count);
  }
  EXPECT_EQ(addresses.size(), count);
}

TEST_F(pool, the_frame_lies_so_that_ip_is_aligned) {
  const receiving taken = packets.take_to_receive();
  EXPECT_EQ((taken.address() + driver_headroom + sizeof(ethernet_header)) % 16, 0u);
  EXPECT_EQ(receiving::length(), driver_headroom + frame_limit);
}

TEST_F(pool, a_buffer_goes_through_its_states_and_comes_back) {
  receiving taken = packets.take_to_receive();
  packet_buffer* raw = std::move(taken).release();
  received frame = receiving::adopt(raw, driver_headroom + 60);
  EXPECT_EQ(frame.frame().size(), 60u);
  building answer = std::move(frame).rebuild();
  packet<packet_state::sent> sent = std::move(answer).complete(42).hand_over();
  EXPECT_EQ(sent.length(), driver_headroom + 42);
  const arch::phys_addr address = sent.address();
  EXPECT_EQ(receiving{*std::move(sent).release()}.address(), address);
}

TEST_F(pool, a_device_that_writes_less_than_its_header_leaves_an_empty_frame) {
  for (const u32 written : {u32{0}, u32{1}, u32{driver_headroom}}) {
    packet_buffer* raw = packets.take_to_receive().release();
    EXPECT_TRUE(receiving::adopt(raw, written).frame().empty()) << written;
  }
}

TEST_F(pool, a_moved_packet_is_given_back_once) {
  {
    receiving first = packets.take_to_receive();
    const receiving second = std::move(first);
    EXPECT_EQ(packets.available(), count - 1);
  }
  EXPECT_EQ(packets.available(), count);
}

task<> acquire_and_note(std::vector<int>& log, int name, std::list<building>& held) {
  held.push_back(co_await packets.acquire());
  log.push_back(name);
}

TEST_F(pool, acquire_does_not_wait_while_there_are_buffers) {
  std::vector<int> log;
  std::list<building> held;
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(async::spawn(acquire_and_note(log, i, held)));
  host::run_until_idle();
  EXPECT_EQ(log, (std::vector{0, 1, 2, 3}));
  EXPECT_EQ(host::shortages, 0);
}

TEST_F(pool, waiters_are_served_in_their_order) {
  std::vector<int> log;
  std::list<building> held;
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(async::spawn(acquire_and_note(log, i, held)));
  host::run_until_idle();
  EXPECT_EQ(log.size(), 4u);
  EXPECT_TRUE(packets.is_short());
  EXPECT_EQ(host::shortages, 1) << "the driver was not asked to take back what was sent";
  for (std::size_t done = 5; done <= 8; ++done) {
    held.erase(held.begin());
    EXPECT_EQ(packets.available(), 0u) << "a waiter was passed over";
    host::run_until_idle();
    EXPECT_EQ(log.size(), done);
  }
  EXPECT_EQ(log, (std::vector{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_FALSE(packets.is_short());
}

TEST_F(pool, one_who_comes_later_does_not_take_a_waiters_buffer) {
  std::vector<int> log;
  std::list<building> held;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(async::spawn(acquire_and_note(log, i, held)));
  host::run_until_idle();
  held.pop_back();  // goes to 4, which has not run yet
  ASSERT_TRUE(async::spawn(acquire_and_note(log, 5, held)));
  host::run_until_idle();
  EXPECT_EQ(log.back(), 4);
  held.clear();
  host::run_until_idle();
  EXPECT_EQ(log.back(), 5);
}

TEST_F(pool, a_driver_that_wants_buffers_is_told_once) {
  std::vector<receiving> taken;
  while (packets.available() > 0) taken.push_back(packets.take_to_receive());
  packets.want(true);
  taken.pop_back();
  taken.pop_back();
  host::run_until_idle();
  EXPECT_EQ(host::shortages, 1);
  taken.pop_back();
  host::run_until_idle();
  EXPECT_EQ(host::shortages, 1);
  packets.want(true);
  packets.want(false);
  taken.pop_back();
  host::run_until_idle();
  EXPECT_EQ(host::shortages, 1);
}

TEST_F(pool, all_come_back_over_random_use) {
  std::mt19937 random{1};
  std::vector<int> log;
  std::list<building> held;
  std::vector<receiving> taken;
  for (int step = 0; step < 20'000; ++step) {
    switch (random() % 4) {
      case 0:
        if (packets.available() > 0) taken.push_back(packets.take_to_receive());
        break;
      case 1:
        if (!taken.empty()) taken.pop_back();
        break;
      case 2:
        if (host::free_frames() > 0) ASSERT_TRUE(async::spawn(acquire_and_note(log, step, held)));
        break;
      default:
        if (!held.empty()) held.erase(std::next(held.begin(), random() % held.size()));
    }
    host::run_until_idle();
    ASSERT_EQ(packets.is_short() && packets.available() > 0, false);
    ASSERT_EQ(packets.available() + taken.size() + held.size(), count);
  }
  taken.clear();
  while (packets.is_short() || !held.empty()) {
    held.clear();
    host::run_until_idle();
  }
  EXPECT_TRUE(std::ranges::is_sorted(log));
}

TEST(queue_of_packets, is_first_in_first_out) {
  std::vector<packet_buffer> buffers(3);
  packet_queue queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.pop(), nullptr);
  for (packet_buffer& buffer : buffers) queue.push(buffer);
  EXPECT_EQ(queue.pop(), &buffers[0]);
  queue.push(buffers[0]);
  EXPECT_EQ(queue.pop(), &buffers[1]);
  EXPECT_EQ(queue.pop(), &buffers[2]);
  EXPECT_EQ(queue.pop(), &buffers[0]);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.pop(), nullptr);
}

}  // namespace
}  // namespace osier::net
