// SPDX-License-Identifier: Apache-2.0
// The device in memory, behind the real driver: batches that are echoed, and echoes that are wrong.
#include "virtio-net/replay.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <vector>

#include "host/frames.hpp"
#include "host/platform.hpp"

namespace osier::virtio_net::replay {

namespace {
device* performed = nullptr;
}

task<> perform(device& what) {
  performed = &what;
  co_return;
}

namespace {

using host::bytes;

struct node {
  static constexpr std::string_view path = "/replay";
  static constexpr net::mac_address local_mac_address = {host::our_mac};
};
struct config {
  static constexpr std::size_t packet_buffers = 8;
};
using tested_driver = driver<node, config>;
static_assert(tested_driver::check());

constexpr u32 batch = 4;
constexpr std::size_t spare = 4;

const bytes request = host::udp_frame(4000, 7, host::of("1234"));

// What an echo does to a request: addresses and ports change places.
void turn_back(std::span<std::byte> frame) {
  const auto swap = [&](std::size_t a, std::size_t b, std::size_t length) {
    std::swap_ranges(frame.begin() + a, frame.begin() + a + length, frame.begin() + b);
  };
  swap(0, 6, 6);
  swap(26, 30, 4);
  swap(34, 36, 2);
}

class virtio_net_replay : public testing::Test {
 protected:
  void SetUp() override {
    host::renew(net::packets);
    driver.start(buffers);
    ASSERT_TRUE(async::spawn(driver.serve()));
    host::run_until_idle();
    ASSERT_NE(performed, nullptr);
  }
  void TearDown() override { host::run_until_idle(); }

  void play(u32 requests, bool fill) {
    performed->play(std::as_bytes(std::span{request}), batch, requests, fill);
  }

  // Answers what has arrived; how many.
  std::size_t answer(const std::function<void(std::span<std::byte>)>& how = turn_back) {
    std::size_t count = 0;
    driver.receive(batch, [&](net::packet<net::packet_state::received> frame) {
      const std::size_t length = frame.frame().size();
      EXPECT_EQ(std::memcmp(frame.frame().data(), request.data(), request.size()), 0);
      auto answer = std::move(frame).rebuild();
      how(answer.room().first(length));
      driver.transmit(std::move(answer).complete(length));
      ++count;
    });
    host::run_until_idle();  // the doorbell
    return count;
  }

  std::vector<net::packet_buffer> buffers = std::vector<net::packet_buffer>(8 + spare);
  tested_driver::storage memory;
  tested_driver driver{memory};
};

TEST_F(virtio_net_replay, plays_the_next_batch_when_one_was_echoed) {
  play(3 * batch, true);
  EXPECT_EQ(performed->left(), 3 * batch);
  EXPECT_EQ(answer(), batch);
  EXPECT_EQ(performed->left(), 2 * batch);
  EXPECT_EQ(answer(), batch);
  EXPECT_EQ(answer(), batch);
  EXPECT_EQ(performed->left(), 0u);
  EXPECT_EQ(answer(), 0u);
}

TEST_F(virtio_net_replay, gives_new_headers_to_buffers_that_have_the_payload) {
  play(8 * batch, true);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(answer(), batch);
  play(8 * batch, false);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(answer(), batch);
  EXPECT_EQ(performed->left(), 0u);
}

TEST_F(virtio_net_replay, wakes_who_waits_for_the_last_echo) {
  async::waiter waiter;
  waiter.suspend(std::noop_coroutine());
  performed->finished().push_back(waiter);
  play(2 * batch, true);
  answer();
  EXPECT_FALSE(performed->finished().empty());
  answer();
  EXPECT_TRUE(performed->finished().empty());
}

TEST_F(virtio_net_replay, interrupts_who_waits_for_a_frame) {
  bool woken = false;
  const auto wait = [](tested_driver& from, bool& done) -> task<> {
    co_await from.arrival();
    done = true;
  };
  ASSERT_TRUE(async::spawn(wait(driver, woken)));
  host::run_until_idle();
  EXPECT_FALSE(woken);
  play(batch, false);
  host::run_until_idle();
  EXPECT_TRUE(woken);
}

TEST_F(virtio_net_replay, does_not_take_another_frame_for_an_echo) {
  play(batch, true);
  auto other = net::packets.try_acquire();
  ASSERT_TRUE(other);
  driver.transmit(std::move(*other).complete(request.size() - 1));
  host::run_until_idle();
  EXPECT_EQ(answer(), batch);
  EXPECT_EQ(performed->left(), 0u);
}

TEST_F(virtio_net_replay, refuses_an_echo_with_another_byte) {
  play(batch, true);
  EXPECT_PANIC(answer([](std::span<std::byte> frame) {
                 turn_back(frame);
                 frame.back() ^= std::byte{1};
               }),
               "an echo differs from its request");
}

TEST_F(virtio_net_replay, refuses_an_echo_to_somebody_else) {
  play(batch, true);
  EXPECT_PANIC(answer([](std::span<std::byte> /*as it came*/) {}),
               "an echo differs from its request");
}

TEST_F(virtio_net_replay, refuses_an_echo_of_nothing) {
  auto surplus = net::packets.try_acquire();
  ASSERT_TRUE(surplus);
  play(batch, true);
  answer();
  const auto send = [&] {
    driver.transmit(std::move(*surplus).complete(request.size()));
    host::run_until_idle();
  };
  EXPECT_PANIC(send(), "an echo of nothing");
}

}  // namespace
}  // namespace osier::virtio_net::replay
