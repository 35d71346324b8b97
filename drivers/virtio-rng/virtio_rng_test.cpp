// SPDX-License-Identifier: Apache-2.0
// The entropy driver against a whole device: what it asks for, and who is given the bytes.
#include "virtio-rng/virtio_rng.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "entropy/source.hpp"
#include "host/boot.hpp"
#include "host/platform.hpp"
#include "host/virtio_device.hpp"
#include "virtio/mmio_transport.hpp"

namespace osier::virtio_rng {
namespace {

struct slot_node {
  static constexpr std::string_view path = "/virtio_mmio@0";
  static constexpr std::string_view origin = "dts/board.dts:1";
  static constexpr mmio::region reg = {.base = 0, .size = 0x200};
};
struct rng_node {
  static constexpr std::string_view path = "/virtio_mmio@0/rng";
};

using transport = virtio::mmio_transport<slot_node, host::virtio_registers>;
using tested_driver = driver<rng_node, transport>;
static_assert(tested_driver::check());

// Bytes that tell where they are from: the device counts.
std::vector<std::byte> counted(std::size_t first, std::size_t count) {
  std::vector<std::byte> found;
  for (std::size_t i = 0; i < count; ++i) found.push_back(static_cast<std::byte>(first + i));
  return found;
}

// What a task waits for.
struct wish {
  explicit wish(std::size_t size) : bytes(size) {}
  std::vector<std::byte> bytes;
  bool granted = false;
};

task<> fill(wish& wanted) {
  entropy::source<rng_node> source{host::entry()};
  co_await source.fill(wanted.bytes);
  wanted.granted = true;
}

class virtio_rng : public testing::Test {
 protected:
  void SetUp() override {
    slot() = {};
    slot().device_id = 4;
    slot().offered = ~u64{0};
    host::renew(entropy::port_of<rng_node>);
    driver.start();
    host::run_until_idle();
  }

  static host::virtio_slot& slot() { return host::virtio_registers::slot; }
  static host::device_queue& queue() { return slot().queues[0]; }

  static void ask(wish& wanted) {
    EXPECT_TRUE(async::spawn(fill(wanted)));
    host::run_until_idle();
  }

  // Answers the driver's request with the next bytes, as many as are asked for at most; returns how
  // many were asked for. `claimed`: what the device says it has written.
  std::size_t answer(std::size_t at_most = 1000, std::optional<u32> claimed = {}) {
    EXPECT_TRUE(queue().has_available());
    const auto target = queue().next();
    EXPECT_EQ(target.flags, 2);
    const std::size_t count = std::min<std::size_t>(at_most, target.length);
    // SAFETY: the driver handed this buffer over.
    std::ranges::copy(counted(given_, count), reinterpret_cast<std::byte*>(target.address));
    given_ += count;
    if (queue().complete(target.id, claimed.value_or(static_cast<u32>(count)))) {
      slot().interrupt_status = 1;
      host::interrupt([this](irq::context context) { driver.interrupt(context); });
    }
    host::run_until_idle();
    return target.length;
  }

  tested_driver::storage memory;
  tested_driver driver{memory};

 private:
  std::size_t given_ = 0;
};

TEST_F(virtio_rng, asks_for_nothing_that_nobody_wants) {
  EXPECT_FALSE(queue().has_available());
  wish nothing(0);
  ask(nothing);
  EXPECT_TRUE(nothing.granted);
  EXPECT_FALSE(queue().has_available());
  EXPECT_TRUE(slot().doorbells.empty());
}

TEST_F(virtio_rng, asks_for_exactly_what_is_wanted) {
  wish wanted(32);
  ask(wanted);
  EXPECT_EQ(slot().doorbells, (std::vector<u32>{0}));
  EXPECT_FALSE(wanted.granted);
  EXPECT_EQ(answer(), 32u);
  EXPECT_TRUE(wanted.granted);
  EXPECT_EQ(wanted.bytes, counted(0, 32));
  EXPECT_EQ(slot().interrupt_status, 0u);
  EXPECT_FALSE(queue().has_available());
}

TEST_F(virtio_rng, asks_again_where_the_device_gave_less) {
  wish wanted(32);
  ask(wanted);
  EXPECT_EQ(answer(5), 32u);
  EXPECT_FALSE(wanted.granted);
  EXPECT_EQ(answer(26), 27u);
  EXPECT_EQ(answer(), 1u);
  EXPECT_TRUE(wanted.granted);
  EXPECT_EQ(wanted.bytes, counted(0, 32));
}

TEST_F(virtio_rng, asks_in_pieces_for_more_than_its_buffer_holds) {
  wish wanted(600);
  ask(wanted);
  EXPECT_EQ(answer(), 256u);
  EXPECT_EQ(answer(), 256u);
  EXPECT_EQ(answer(), 88u);
  EXPECT_EQ(wanted.bytes, counted(0, 600));
}

TEST_F(virtio_rng, gives_each_byte_to_one_task_in_order) {
  wish first(10), second(20);
  ask(first);
  ask(second);
  EXPECT_EQ(answer(), 10u) << "one request is at the device";
  EXPECT_TRUE(first.granted);
  EXPECT_FALSE(second.granted);
  EXPECT_EQ(answer(), 20u);
  EXPECT_TRUE(second.granted);
  EXPECT_EQ(first.bytes, counted(0, 10));
  EXPECT_EQ(second.bytes, counted(10, 20));
}

TEST_F(virtio_rng, bytes_of_a_wait_that_has_ended_go_to_the_next) {
  std::array<std::byte, 16> abandoned = {};
  {
    entropy::request ended{abandoned};
    ended.suspend(std::noop_coroutine());
    entropy::port_of<rng_node>.submit(ended);
    host::run_until_idle();
  }
  wish wanted(4);
  ask(wanted);
  EXPECT_EQ(answer(), 16u);
  EXPECT_TRUE(wanted.granted);
  EXPECT_EQ(wanted.bytes, counted(0, 4));
  EXPECT_EQ(abandoned, (std::array<std::byte, 16>{})) << "nobody writes there any more";
  EXPECT_FALSE(queue().has_available());
}

TEST_F(virtio_rng, a_device_that_lies_about_its_bytes_is_a_panic) {
  wish wanted(32);
  ask(wanted);
  EXPECT_PANIC(answer(0), "/virtio_mmio@0/rng: expected 1 to 32 random bytes, found 0");
  EXPECT_PANIC(answer(32, 33), "/virtio_mmio@0/rng: expected 1 to 32 random bytes, found 33");
  EXPECT_PANIC(answer(32, 257), "/virtio_mmio@0/rng: the device wrote 257 bytes");
}

}  // namespace
}  // namespace osier::virtio_rng
