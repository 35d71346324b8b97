// SPDX-License-Identifier: Apache-2.0
// The initialisation of a virtio device over MMIO, and the devices that it refuses.
#include "virtio/device.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "host/platform.hpp"
#include "host/virtio_device.hpp"
#include "virtio/mmio_transport.hpp"

namespace osier::virtio {
namespace {

struct slot_node {
  static constexpr std::string_view path = "/virtio_mmio@0";
  static constexpr std::string_view origin = "dts/board.dts:1";
  static constexpr mmio::region reg = {.base = 0, .size = 0x200};
};
using transport = mmio_transport<slot_node, host::virtio_registers>;

constexpr features wanted = version_1 | event_index | 1 << 5;

// Enough of a virtqueue to be set up.
struct plain_queue {
  static constexpr u16 entries = 64;
  static constexpr features relies_on = version_1 | event_index;
  bool cleared = false;
  void clear() { cleared = true; }
  static arch::phys_addr descriptor_address() { return 0x1'2345'6780; }
  static arch::phys_addr driver_area_address() { return 0x2'3456'789a; }
  static arch::phys_addr device_area_address() { return 0x3'4567'89ac; }
};

class mmio_device : public testing::Test {
 protected:
  void SetUp() override {
    slot() = {};
    slot().offered = wanted | features{1} << 40;
    slot().status = 0xf;  // what firmware left
  }
  static host::virtio_slot& slot() { return host::virtio_registers::slot; }

  static auto negotiated() {
    return device<transport, state::reset>::find(1).acknowledge().drive().negotiate<wanted>();
  }
};

TEST_F(mmio_device, goes_through_its_states_in_order) {
  auto ready = negotiated();
  plain_queue queue;
  ready.set_queue(1, queue);
  [[maybe_unused]] auto live = std::move(ready).start();

  EXPECT_EQ(slot().statuses, (std::vector<u32>{0, 1, 1 | 2, 1 | 2 | 8, 1 | 2 | 8 | 4}));
  EXPECT_EQ(slot().accepted, wanted) << "exactly what is relied on";
  EXPECT_TRUE(queue.cleared);
  const host::device_queue& seen = slot().queues[1];
  EXPECT_TRUE(seen.ready);
  EXPECT_EQ(seen.entries, 64);
  EXPECT_EQ(seen.descriptors, queue.descriptor_address());
  EXPECT_EQ(seen.driver_area, queue.driver_area_address());
  EXPECT_EQ(seen.device_area, queue.device_area_address());
  EXPECT_FALSE(slot().queues[0].ready);
}

TEST_F(mmio_device, one_that_is_not_what_the_tree_says_is_a_panic) {
  struct {
    std::function<void(host::virtio_slot&)> change;
    std::string text;
  } const cases[] = {
      {[](auto& s) { s.magic = 0; }, "expected virtio-mmio (magic 0x74726976), found 0x0"},
      {[](auto& s) { s.version = 1; }, "expected virtio-mmio version 2, found version 1"},
      {[](auto& s) { s.device_id = 4; }, "expected device id 1 (network), found 4 (entropy)"},
      {[](auto& s) { s.device_id = 0; },
       "expected device id 1 (network), found 0 (nothing plugged in)"},
      {[](auto& s) { s.device_id = 77; },
       "expected device id 1 (network), found 77 (another device)"},
      {[](auto& s) { s.offered = event_index | 1 << 5; },
       "expected features 0x120000020, found 0x20000020"},
      {[](auto& s) { s.refused = event_index; },
       "expected features 0x120000020 to be accepted, found them refused"},
  };
  for (const auto& [change, text] : cases) {
    SetUp();
    change(slot());
    EXPECT_PANIC((void)negotiated().start(), "/virtio_mmio@0: " + text);
  }
}

TEST_F(mmio_device, a_reset_without_end_is_a_panic) {
  slot().reset_readings = 2 * reset_patience;
  EXPECT_PANIC((void)negotiated().start(),
               "/virtio_mmio@0: expected status 0 after a reset, found 0x40 for 1000000 readings");
}

TEST_F(mmio_device, a_queue_larger_than_the_device_has_is_a_panic) {
  slot().queue_size_max = 32;
  EXPECT_PANIC(
      {
        plain_queue queue;
        auto ready = negotiated();
        ready.set_queue(0, queue);
        (void)std::move(ready).start();
      },
      "/virtio_mmio@0: expected queue 0 to hold 64 entries, found at most 32");
}

TEST_F(mmio_device, an_interrupt_is_acknowledged_for_its_causes) {
  slot().interrupt_status = 3;
  EXPECT_EQ(transport::acknowledge_interrupt(), 3u);
  EXPECT_EQ(slot().interrupt_status, 0u);
}

TEST_F(mmio_device, a_slot_too_small_for_the_configuration_is_refused) {
  static_assert(transport::check(0x100));
  static_assert(!transport::check(0x101));
}

}  // namespace
}  // namespace osier::virtio
