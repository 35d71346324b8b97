// SPDX-License-Identifier: Apache-2.0
// The network driver against a whole device: start, receive, send, and running out of buffers.
#include "virtio-net/virtio_net.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <functional>
#include <list>
#include <random>
#include <vector>

#include "host/frames.hpp"
#include "host/platform.hpp"
#include "host/virtio_device.hpp"
#include "virtio/mmio_transport.hpp"

namespace osier::virtio_net {
namespace {

using host::bytes;
using building = net::packet<net::packet_state::building>;
using complete = net::packet<net::packet_state::complete>;
using received = net::packet<net::packet_state::received>;

struct slot_node {
  static constexpr std::string_view path = "/virtio_mmio@0";
  static constexpr std::string_view origin = "dts/board.dts:1";
  static constexpr mmio::region reg = {.base = 0, .size = 0x200};
};
struct net_node {
  static constexpr std::string_view path = "/virtio_mmio@0/net";
  static constexpr net::mac_address local_mac_address = {host::our_mac};
};
struct config {
  static constexpr std::size_t packet_buffers = 8;
};

using transport = virtio::mmio_transport<slot_node, host::virtio_registers>;
using tested_driver = driver<net_node, transport, config>;
static_assert(tested_driver::check());

constexpr std::size_t depth = config::packet_buffers;
constexpr std::size_t spare = 4;
constexpr std::size_t header_size = 12;

// The driver, its memory, and the device that it drives.
class virtio_net : public testing::Test {
 protected:
  void SetUp() override {
    slot() = {};
    slot().offered = ~u64{0};
    for (std::size_t i = 0; i < 6; ++i) slot().config[i] = host::our_mac[i];
    host::renew(net::packets);
  }
  void TearDown() override { host::run_until_idle(); }

  void start() { driver.start(buffers); }

  static host::virtio_slot& slot() { return host::virtio_registers::slot; }
  static host::device_queue& receiving() { return slot().queues[0]; }
  static host::device_queue& sending() { return slot().queues[1]; }

  // The device writes a frame into the next buffer; true where it would interrupt.
  static bool deliver(const bytes& frame) {
    const auto target = receiving().next();
    EXPECT_EQ(target.flags, 2);
    EXPECT_EQ(target.length, header_size + net::frame_limit);
    // SAFETY: the driver handed this buffer over.
    auto* where = reinterpret_cast<u8*>(target.address);
    std::memset(where, 0, header_size);
    std::ranges::copy(frame, where + header_size);
    return receiving().complete(target.id, static_cast<u32>(header_size + frame.size()));
  }

  // The device sends all that it was given.
  static std::vector<bytes> transmit_all(std::size_t at_most = 1000) {
    std::vector<bytes> frames;
    for (; at_most > 0 && sending().has_available(); --at_most) {
      const auto source = sending().next();
      EXPECT_EQ(source.flags, 0);
      // SAFETY: the driver handed this buffer over.
      const auto* where = reinterpret_cast<const u8*>(source.address);
      EXPECT_EQ((bytes{where, where + header_size}), bytes(header_size)) << "asks for an offload";
      frames.emplace_back(where + header_size, where + source.length);
      sending().complete(source.id, 0);
    }
    return frames;
  }

  static bytes seen(received frame) {
    bytes copy(frame.frame().size());
    std::memcpy(copy.data(), frame.frame().data(), copy.size());
    return copy;
  }

  // The oldest frame that has arrived; none where none has.
  std::optional<received> receive() {
    std::optional<received> taken;
    driver.receive(1, [&](received frame) { taken.emplace(std::move(frame)); });
    return taken;
  }

  // A frame to send, in a buffer that was received into.
  static complete written(received from, u8 number) {
    building made = std::move(from).rebuild();
    made.room()[0] = std::byte{number};
    return std::move(made).complete(60);
  }

  std::vector<net::packet_buffer> buffers = std::vector<net::packet_buffer>(depth + spare);
  tested_driver::storage memory;
  tested_driver driver{memory};
};

TEST_F(virtio_net, starts_with_every_receive_buffer_at_the_device) {
  start();
  EXPECT_EQ(slot().status, 1u | 2 | 4 | 8);
  EXPECT_EQ(slot().accepted, virtio::version_1 | virtio::event_index | has_mac);
  EXPECT_EQ(receiving().entries, depth);
  EXPECT_EQ(sending().entries, depth);
  EXPECT_EQ(receiving().available(), depth);
  EXPECT_FALSE(sending().has_available());
  EXPECT_EQ(net::packets.available(), spare);
  EXPECT_EQ(slot().doorbells, std::vector<u32>{0}) << "one doorbell for all";
  EXPECT_EQ(receive(), std::nullopt);
}

TEST_F(virtio_net, a_device_that_is_not_what_the_tree_says_is_a_panic) {
  slot().config[5] = 0x57;
  EXPECT_PANIC(start(),
               "/virtio_mmio@0/net: expected address 52:54:00:12:34:56, found 52:54:00:12:34:57");
  slot().config[5] = 0x56;
  slot().offered = virtio::version_1 | virtio::event_index;
  EXPECT_PANIC(start(), "/virtio_mmio@0: expected features 0x120000020, found 0x120000000");
  slot().device_id = 4;
  EXPECT_PANIC(start(), "expected device id 1 (network), found 4 (entropy)");
}

TEST_F(virtio_net, receives_in_order) {
  start();
  for (u32 i = 0; i < 5; ++i) deliver(host::pattern(60 + i, i));
  for (u32 i = 0; i < 5; ++i) {
    EXPECT_EQ(seen(receive().value()), host::pattern(60 + i, i));
  }
  EXPECT_EQ(receive(), std::nullopt);
  driver.settle_later();
  host::run_until_idle();
  EXPECT_EQ(receiving().available(), depth) << "the device has all its buffers again";
}

TEST_F(virtio_net, receives_the_shortest_and_the_longest_frame) {
  start();
  deliver({});
  deliver(host::pattern(net::frame_limit));
  EXPECT_TRUE(receive().value().frame().empty());
  EXPECT_EQ(seen(receive().value()), host::pattern(net::frame_limit));
}

TEST_F(virtio_net, a_frame_longer_than_its_buffer_is_a_panic) {
  start();
  const auto target = receiving().next();
  receiving().complete(target.id, header_size + net::frame_limit + 1);
  EXPECT_PANIC(receive(), "/virtio_mmio@0/net: the device wrote 1527 bytes into a buffer of 1526");
}

TEST_F(virtio_net, interrupts_once_for_all_that_arrives_before_the_next_halt) {
  start();
  EXPECT_TRUE(deliver(host::pattern(60)));
  EXPECT_FALSE(deliver(host::pattern(60)));
  while (receive()) {
  }
  EXPECT_FALSE(deliver(host::pattern(60))) << "there is still work to do";
  (void)receive();
  driver.settle_later();
  host::run_until_idle();
  EXPECT_TRUE(deliver(host::pattern(60)));
}

TEST_F(virtio_net, an_interrupt_wakes_the_task_that_waits) {
  start();
  static constexpr auto wait = [](tested_driver& waited, bool& woken) -> task<> {
    co_await waited.arrival();
    woken = true;
  };
  bool woken = false;
  ASSERT_TRUE(async::spawn(wait(driver, woken)));
  host::run_until_idle();
  EXPECT_FALSE(woken);
  slot().interrupt_status = 1;
  host::interrupt([this](irq::context context) { driver.interrupt(context); });
  EXPECT_EQ(slot().interrupt_status, 0u);
  host::run_until_idle();
  EXPECT_TRUE(woken);
}

TEST_F(virtio_net, what_arrives_while_tasks_run_is_taken_before_the_doorbell) {
  start();
  static constexpr auto answer_all = [](auto& rig) -> task<> {
    for (u8 i = 0;; ++i) {
      while (auto frame = rig.receive()) {
        rig.driver.transmit(written(*std::move(frame), i));
        if (i < 3) rig.deliver(host::pattern(60));  // one more comes while this one is answered
        if (i < 3) break;
      }
      co_await rig.driver.arrival();
    }
  };
  slot().doorbells.clear();
  deliver(host::pattern(60));
  ASSERT_TRUE(async::spawn(answer_all(*this)));
  host::run_until_idle();
  EXPECT_EQ(std::ranges::count(slot().doorbells, u32{1}), 1);
  EXPECT_EQ(transmit_all().size(), 4u);
}

TEST_F(virtio_net, sends_in_order_with_one_doorbell_a_turn) {
  start();
  slot().doorbells.clear();
  for (u8 i = 0; i < 5; ++i) {
    deliver(host::pattern(60));
    driver.transmit(written(receive().value(), i));
  }
  EXPECT_FALSE(sending().has_available()) << "nothing is shown before the turn ends";
  host::run_until_idle();
  const auto rung = std::ranges::count(slot().doorbells, u32{1});
  EXPECT_EQ(rung, 1);
  const std::vector<bytes> frames = transmit_all();
  ASSERT_EQ(frames.size(), 5u);
  for (u8 i = 0; i < 5; ++i) {
    EXPECT_EQ(frames[i].size(), 60u);
    EXPECT_EQ(frames[i][0], i);
  }
}

TEST_F(virtio_net, a_batch_as_deep_as_the_queue_rings_at_once) {
  start();
  slot().doorbells.clear();
  for (u8 i = 0; i < depth; ++i) {
    deliver(host::pattern(60));
    driver.transmit(written(receive().value(), i));
  }
  EXPECT_EQ(slot().doorbells, std::vector<u32>{1});
  EXPECT_EQ(transmit_all().size(), depth);
}

TEST_F(virtio_net, frames_beyond_the_queue_wait_at_the_driver_and_keep_their_order) {
  start();
  u8 number = 0;
  for (; number < depth; ++number) {
    deliver(host::pattern(60));
    driver.transmit(written(receive().value(), number));
  }
  host::run_until_idle();
  EXPECT_EQ(sending().available(), depth);
  const auto send_more = [&] {
    ASSERT_TRUE(receiving().has_available());
    deliver(host::pattern(60));
    driver.transmit(written(receive().value(), number++));
  };
  send_more();
  send_more();
  host::run_until_idle();
  EXPECT_EQ(sending().available(), depth) << "the queue is full";
  std::vector<bytes> frames = transmit_all(3);
  // The queue has room now, but two frames are waiting that came before this one.
  send_more();
  host::run_until_idle();
  for (bytes& frame : transmit_all()) frames.push_back(std::move(frame));
  driver.settle_later();
  host::run_until_idle();
  for (bytes& frame : transmit_all()) frames.push_back(std::move(frame));
  ASSERT_EQ(frames.size(), number);
  for (u8 i = 0; i < number; ++i) EXPECT_EQ(frames[i][0], i);
}

TEST_F(virtio_net, asks_to_be_told_of_sent_frames_only_when_short_of_buffers) {
  start();
  for (u8 i = 0; i < 2; ++i) {
    deliver(host::pattern(60));
    driver.transmit(written(receive().value(), i));
  }
  host::run_until_idle();
  const auto plenty = sending().next();
  EXPECT_FALSE(sending().complete(plenty.id, 0));
  for (u8 i = 2; i < 10; ++i) {
    if (!receiving().has_available()) break;
    deliver(host::pattern(60));
    driver.transmit(written(receive().value(), i));
    host::run_until_idle();
  }
  EXPECT_LT(receiving().available(), depth / 2);
  EXPECT_TRUE(sending().complete(sending().next().id, 0)) << "a lost wake-up: nothing would go on";
}

TEST_F(virtio_net, recovers_when_the_device_runs_out_of_buffers) {
  start();
  std::list<received> held;
  while (receiving().has_available()) {
    deliver(host::pattern(60));
    held.push_back(receive().value());
    driver.settle_later();
    host::run_until_idle();
  }
  EXPECT_EQ(held.size(), depth + spare);
  EXPECT_EQ(net::packets.available(), 0u);
  // Any buffer that comes back goes to the device, without anybody's asking.
  for (std::size_t returned = 1; returned <= depth; ++returned) {
    held.pop_front();
    host::run_until_idle();
    EXPECT_EQ(receiving().available(), returned);
  }
  held.pop_front();
  host::run_until_idle();
  EXPECT_EQ(receiving().available(), depth);
  EXPECT_EQ(net::packets.available(), 1u);
  deliver(host::pattern(60));
  EXPECT_EQ(seen(receive().value()), host::pattern(60));
}

TEST_F(virtio_net, a_task_that_needs_a_buffer_gets_a_sent_one) {
  start();
  while (receiving().has_available()) {
    deliver(host::pattern(60));
    driver.transmit(written(receive().value(), 0));
    host::run_until_idle();
  }
  static constexpr auto acquire = [](bool& got) -> task<> {
    const building made = co_await net::packets.acquire();
    got = true;
  };
  bool got = false;
  ASSERT_TRUE(async::spawn(acquire(got)));
  host::run_until_idle();
  EXPECT_FALSE(got);
  bool interrupts = false;
  while (sending().has_available()) interrupts |= sending().complete(sending().next().id, 0);
  EXPECT_TRUE(interrupts);
  driver.settle_later();  // as the interface does when it is woken
  host::run_until_idle();
  EXPECT_TRUE(got);
}

TEST_F(virtio_net, an_attempt_in_vain_fetches_what_was_sent) {
  start();
  for (std::size_t i = 0; i < spare; ++i) {
    auto buffer = net::packets.try_acquire();
    ASSERT_TRUE(buffer);
    driver.transmit(std::move(*buffer).complete(60));
  }
  host::run_until_idle();
  EXPECT_EQ(transmit_all().size(), spare);
  EXPECT_FALSE(net::packets.try_acquire());
  host::run_until_idle();
  EXPECT_TRUE(net::packets.try_acquire()) << "the device has sent them all";
}

// Frames come in and go out at random, some are held, and in the end nothing is lost.
TEST_F(virtio_net, loses_nothing_over_a_long_random_run) {
  start();
  std::mt19937 random{1};
  std::list<received> held;
  std::deque<u8> expected;
  u8 number = 0;
  u64 sent = 0;
  const auto collect = [&](std::size_t at_most) {
    for (const bytes& frame : transmit_all(at_most)) {
      ASSERT_FALSE(expected.empty());
      ASSERT_EQ(frame[0], expected.front());
      expected.pop_front();
      ++sent;
    }
  };
  for (int step = 0; step < 100'000; ++step) {
    switch (random() % 6) {
      case 0:
      case 1:
        if (receiving().has_available()) deliver(host::pattern(60 + random() % 100));
        break;
      case 2:
        if (auto frame = receive()) held.push_back(*std::move(frame));
        break;
      case 3:
        if (!held.empty()) {
          expected.push_back(number);
          driver.transmit(written(std::move(held.front()), number++));
          held.pop_front();
        }
        break;
      case 4: collect(random() % 4); break;
      default:
        if (random() % 8 == 0 && !held.empty()) held.pop_back();
        driver.settle_later();
        host::run_until_idle();
    }
    if (HasFatalFailure()) return;
  }
  while (receive()) {
  }
  held.clear();
  for (std::size_t turn = 0; turn < depth + spare; ++turn) {
    driver.settle_later();
    host::run_until_idle();
    collect(1000);
  }
  driver.settle_later();
  host::run_until_idle();
  EXPECT_TRUE(expected.empty());
  EXPECT_GT(sent, 5000u);
  EXPECT_EQ(receiving().available(), depth);
  EXPECT_EQ(net::packets.available(), spare);
}

}  // namespace
}  // namespace osier::virtio_net
