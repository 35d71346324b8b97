// SPDX-License-Identifier: Apache-2.0
// The split virtqueue against a device that walks its rings in memory, honest and hostile.
#include "virtio/queue.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "host/platform.hpp"
#include "host/virtio_device.hpp"

namespace osier::virtio {
namespace {

// A buffer that is a number, and the handle of one that the device writes.
struct cell {
  int number;
  u32 written;
};

template <bool DeviceWrites>
class handle {
 public:
  using raw = cell;
  static constexpr bool device_writes = DeviceWrites;
  static constexpr u32 capacity = 100;
  explicit handle(cell& held) : cell_{&held} {}
  arch::phys_addr address() const { return host::device_address(cell_); }
  u32 length() const { return DeviceWrites ? capacity : 7; }
  cell* release() && { return std::exchange(cell_, nullptr); }
  static cell* adopt(cell* completed, u32 written) {
    completed->written = written;
    return completed;
  }

 private:
  cell* cell_;
};

using for_device = handle<true>;
using from_us = handle<false>;

constexpr std::string_view node = "/virtio_mmio@0/net";

template <u16 Entries, class Handle = for_device>
struct rig {
  rig() {
    std::memset(static_cast<void*>(&memory), 0xa5, sizeof memory);
    tested = std::construct_at(&memory.tested);
    tested->clear();
    device = {.entries = Entries,
              .descriptors = tested->descriptor_address(),
              .driver_area = tested->driver_area_address(),
              .device_area = tested->device_area_address(),
              .ready = true};
    for (int i = 0; i < 4 * Entries; ++i) cells.push_back({.number = i, .written = 0});
  }
  void post(int number) { tested->post(Handle{cells[static_cast<std::size_t>(number)]}); }
  int take() { return tested->take(node)->number; }

  // As it lies in .noinit: what an earlier run left.
  union storage {
    storage() {}
    ~storage() {}
    queue<Handle, Entries> tested;
  } memory;
  queue<Handle, Entries>* tested;
  host::device_queue device;
  std::deque<cell> cells;
};

TEST(queue, areas_are_aligned_as_the_specification_asks) {
  rig<8> r;
  EXPECT_EQ(r.device.descriptors % 16, 0u);
  EXPECT_EQ(r.device.driver_area % 2, 0u);
  EXPECT_EQ(r.device.device_area % 4, 0u);
}

TEST(queue, the_device_sees_a_buffer_when_it_is_published) {
  rig<8> r;
  EXPECT_FALSE(r.tested->publish());
  r.post(3);
  EXPECT_FALSE(r.device.has_available());
  EXPECT_EQ(r.tested->unpublished(), 1);
  EXPECT_TRUE(r.tested->publish());
  EXPECT_EQ(r.tested->unpublished(), 0);
  ASSERT_TRUE(r.device.has_available());
  const auto seen = r.device.next();
  EXPECT_EQ(seen.address, host::device_address(&r.cells[3]));
  EXPECT_EQ(seen.length, 100u);
  EXPECT_EQ(seen.flags, 2) << "the device writes";
  EXPECT_FALSE(r.tested->completed());
  r.device.complete(seen.id, 60);
  ASSERT_TRUE(r.tested->completed());
  EXPECT_EQ(r.take(), 3);
  EXPECT_EQ(r.cells[3].written, 60u);
  EXPECT_FALSE(r.tested->completed());
  EXPECT_EQ(r.tested->in_flight(), 0);
}

TEST(queue, a_buffer_that_the_device_reads_says_so) {
  rig<8, from_us> r;
  r.post(0);
  EXPECT_TRUE(r.tested->publish());
  const auto seen = r.device.next();
  EXPECT_EQ(seen.flags, 0);
  EXPECT_EQ(seen.length, 7u);
}

TEST(queue, keeps_the_order_of_the_device) {
  rig<8> r;
  for (int i = 0; i < 5; ++i) r.post(i);
  (void)r.tested->publish();
  std::vector<host::device_queue::descriptor> seen;
  while (r.device.has_available()) seen.push_back(r.device.next());
  ASSERT_EQ(seen.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(seen[i].address, host::device_address(&r.cells[i]));
  }
  for (const int i : {4, 0, 3, 1, 2}) r.device.complete(seen[static_cast<std::size_t>(i)].id, 1);
  for (const int i : {4, 0, 3, 1, 2}) EXPECT_EQ(r.take(), i);
}

TEST(queue, is_full_at_its_size_and_takes_more_when_some_come_back) {
  rig<4> r;
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(r.tested->full());
    r.post(i);
  }
  EXPECT_TRUE(r.tested->full());
  EXPECT_EQ(r.tested->in_flight(), 4);
  (void)r.tested->publish();
  r.device.complete(r.device.next().id, 1);
  EXPECT_TRUE(r.tested->full()) << "until it is taken";
  EXPECT_EQ(r.take(), 0);
  EXPECT_FALSE(r.tested->full());
  r.post(4);
  EXPECT_TRUE(r.tested->full());
}

TEST(queue, a_device_that_completes_out_of_order_is_waited_for_at_the_place_that_it_holds) {
  rig<4> r;
  for (int i = 0; i < 4; ++i) r.post(i);
  (void)r.tested->publish();
  std::vector<u16> ids;
  while (r.device.has_available()) ids.push_back(r.device.next().id);
  for (const std::size_t i : {1U, 2U, 3U}) r.device.complete(ids[i], 1);
  for (const int i : {1, 2, 3}) EXPECT_EQ(r.take(), i);
  EXPECT_EQ(r.tested->in_flight(), 1);
  EXPECT_TRUE(r.tested->full()) << "the next place is the one that the device still holds";
  r.device.complete(ids[0], 1);
  EXPECT_EQ(r.take(), 0);
  for (int i = 4; i < 8; ++i) r.post(i);
  EXPECT_TRUE(r.tested->full());
}

// Random batches over several turns of the 16-bit positions, completed in random order.
template <u16 Entries>
void run_long() {
  rig<Entries> r;
  std::mt19937 random{Entries};
  std::set<int> ours;
  for (int i = 0; i < 4 * Entries; ++i) ours.insert(i);
  std::vector<u16> held;         // by the device
  std::deque<int> expected;      // in the order of completion
  std::map<u16, int> number_of;  // by descriptor
  u64 posted = 0;
  while (posted < 200'000) {
    for (unsigned n = random() % (Entries + 1); n > 0 && !r.tested->full(); --n) {
      const int number = *ours.begin();
      ours.erase(ours.begin());
      r.post(number);
      ++posted;
    }
    (void)r.tested->publish();
    while (r.device.has_available()) {
      const auto seen = r.device.next();
      ASSERT_EQ(number_of.count(seen.id), 0u) << "a descriptor in flight was used again";
      // SAFETY: the address of a cell, as handle gave it.
      number_of[seen.id] = reinterpret_cast<const cell*>(seen.address)->number;
      held.push_back(seen.id);
    }
    for (unsigned n = random() % (Entries + 1); n > 0 && !held.empty(); --n) {
      const std::size_t i = random() % held.size();
      r.device.complete(held[i], 1);
      expected.push_back(number_of[held[i]]);
      number_of.erase(held[i]);
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(i));
    }
    for (unsigned n = random() % (Entries + 1); n > 0 && r.tested->completed(); --n) {
      ASSERT_EQ(r.take(), expected.front());
      ours.insert(expected.front());
      expected.pop_front();
    }
    ASSERT_EQ(r.tested->completed(), expected.size());
    ASSERT_EQ(r.tested->in_flight(), held.size() + expected.size());
  }
}

TEST(queue, runs_past_65536_with_one_entry) { run_long<1>(); }
TEST(queue, runs_past_65536_with_a_few_entries) { run_long<8>(); }
TEST(queue, runs_past_65536_with_many_entries) { run_long<256>(); }

// §2.7.10: a doorbell is due where the device's event lies among what was just published.
TEST(queue, rings_the_doorbell_only_where_the_device_asked_for_it) {
  rig<4> r;
  u16 position = 0;
  std::mt19937 random{1};
  for (u32 round = 0; round < 100'000; ++round) {
    const auto count = static_cast<u16>(1 + random() % 4);
    const auto event = static_cast<u16>(position + random() % 9 - 3);
    r.device.ask_doorbell_at(event);
    for (u16 i = 0; i < count; ++i) r.post(i);
    bool expected = false;
    for (u16 i = 0; i < count; ++i) expected |= event == static_cast<u16>(position + i);
    ASSERT_EQ(r.tested->publish(), expected)
        << "from " << position << ", " << count << " more, event " << event;
    position += count;
    while (r.device.has_available()) r.device.complete(r.device.next().id, 1);
    while (r.tested->completed()) r.take();
  }
}

TEST(queue, a_device_that_asks_during_the_publication_is_heard) {
  rig<4> r;
  r.device.ask_doorbell_at(0x8000);
  r.post(0);
  arch::on_barrier = [&r] { r.device.ask_doorbell_at(0); };
  EXPECT_TRUE(r.tested->publish());
  arch::on_barrier = {};
}

TEST(queue, a_new_queue_asks_for_no_interrupt) {
  rig<4> r;
  for (int i = 0; i < 4; ++i) r.post(i);
  (void)r.tested->publish();
  while (r.device.has_available()) EXPECT_FALSE(r.device.complete(r.device.next().id, 1));
}

TEST(queue, asks_for_one_interrupt_at_the_next_completion) {
  rig<4> r;
  for (int i = 0; i < 4; ++i) r.post(i);
  (void)r.tested->publish();
  EXPECT_FALSE(r.device.complete(r.device.next().id, 1));
  EXPECT_EQ(r.take(), 0);
  EXPECT_TRUE(r.tested->request_interrupt());
  EXPECT_TRUE(r.device.complete(r.device.next().id, 1));
  EXPECT_FALSE(r.device.complete(r.device.next().id, 1)) << "one interrupt for one request";
  while (r.tested->completed()) r.take();
  EXPECT_TRUE(r.tested->request_interrupt());
  r.tested->suppress_interrupts();
  EXPECT_FALSE(r.device.complete(r.device.next().id, 1));
}

TEST(queue, a_completion_that_slips_in_before_the_request_is_seen) {
  rig<4> r;
  r.post(0);
  (void)r.tested->publish();
  arch::on_barrier = [&r] {
    if (r.device.has_available()) r.device.complete(r.device.next().id, 1);
  };
  EXPECT_FALSE(r.tested->request_interrupt());
  arch::on_barrier = {};
  EXPECT_EQ(r.take(), 0);
  EXPECT_TRUE(r.tested->request_interrupt());
}

TEST(queue, clear_forgets_what_was_in_flight) {
  rig<4> r;
  for (int i = 0; i < 4; ++i) r.post(i);
  (void)r.tested->publish();
  r.device.complete(r.device.next().id, 1);
  r.tested->clear();
  EXPECT_EQ(r.tested->in_flight(), 0);
  EXPECT_FALSE(r.tested->completed());
  EXPECT_EQ(r.tested->unpublished(), 0);
}

// A device that lies.

TEST(hostile_device, completes_what_is_no_descriptor) {
  for (const u32 id : {u32{4}, u32{0xffff}, u32{0x1'0000}, ~u32{0}}) {
    rig<4> r;
    r.post(0);
    (void)r.tested->publish();
    r.device.complete(id, 1);
    EXPECT_PANIC(r.take(), "/virtio_mmio@0/net: the device completed descriptor " +
                               std::to_string(id) + ", which it does not hold");
  }
}

TEST(hostile_device, completes_what_it_was_never_given) {
  rig<4> r;
  r.post(0);
  (void)r.tested->publish();
  const u16 given = r.device.next().id;
  r.device.complete((given + 1u) % 4, 1);
  EXPECT_PANIC(r.take(), ", which it does not hold");
}

TEST(hostile_device, completes_the_same_buffer_twice) {
  rig<4> r;
  r.post(0);
  r.post(1);
  (void)r.tested->publish();
  const u16 id = r.device.next().id;
  r.device.complete(id, 1);
  r.device.complete(id, 1);
  EXPECT_EQ(r.take(), 0);
  EXPECT_PANIC(r.take(), "/virtio_mmio@0/net: the device completed descriptor " +
                             std::to_string(id) + ", which it does not hold");
}

TEST(hostile_device, claims_more_completions_than_it_was_given) {
  rig<4> r;
  r.post(0);
  (void)r.tested->publish();
  r.device.complete(r.device.next().id, 1);
  host::device_queue::at<u16>(r.device.device_area + 2) = 4;
  EXPECT_EQ(r.take(), 0);
  EXPECT_TRUE(r.tested->completed());
  EXPECT_PANIC(r.take(), ", which it does not hold");
}

TEST(hostile_device, claims_to_have_written_more_than_there_is_room) {
  for (const u32 length : {u32{101}, ~u32{0}}) {
    rig<4> r;
    r.post(0);
    (void)r.tested->publish();
    r.device.complete(r.device.next().id, length);
    EXPECT_PANIC(r.take(), "/virtio_mmio@0/net: the device wrote " + std::to_string(length) +
                               " bytes into a buffer of 100");
  }
  rig<4> r;
  r.post(0);
  (void)r.tested->publish();
  r.device.complete(r.device.next().id, 100);
  EXPECT_EQ(r.take(), 0);
}

TEST(hostile_device, cannot_change_which_buffer_a_descriptor_stands_for) {
  rig<4> r;
  r.post(2);
  (void)r.tested->publish();
  const u16 id = r.device.next().id;
  host::device_queue::at<u64>(r.device.descriptors + 16 * u64{id}) =
      host::device_address(&r.cells[3]);
  r.device.complete(id, 1);
  EXPECT_EQ(r.take(), 2);
}

}  // namespace
}  // namespace osier::virtio
