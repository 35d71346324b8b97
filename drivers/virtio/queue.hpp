// SPDX-License-Identifier: Apache-2.0
// A split virtqueue (virtio 1.2, §2.7) with VIRTIO_F_EVENT_IDX, of buffers that are one descriptor
// or a chain of a few.
//
// The queue owns what the device holds: post() takes a buffer's handle away, take() gives one back
// when the device is done. Between the two nothing else can name the buffer.
//
// Of single buffers, entry i of the available ring names descriptor i, always: what is posted next
// lies in the descriptor whose turn it is, and there is no list of free ones to keep. A device that
// completes in another order than it was given makes the queue full until that one is back.
// Chains, which are requests that may take long, take any that is free and wait for nobody.
#pragma once

#include <array>
#include <bit>
#include <numeric>
#include <string_view>
#include <utility>

#include "arch.hpp"
#include "core/panic.hpp"
#include "core/units.hpp"
#include "virtio/features.hpp"

namespace osier::virtio {

// What the device reads and writes (§2.7.5 to §2.7.8). It is little-endian, as all our targets are.
struct descriptor {
  u64 address;
  u32 length;
  u16 flags;
  u16 next;
};
inline constexpr u16 descriptor_has_next = 1;
inline constexpr u16 descriptor_device_writes = 2;

// A part of a chain: what lies together in memory and goes in one direction.
struct segment {
  arch::phys_addr address;
  u32 length;  // in bytes
  bool device_writes;
};

template <u16 Entries>
struct driver_area {
  u16 flags;
  u16 index;
  u16 ring[Entries];
  u16 used_event;
};

struct used_element {
  u32 id;
  u32 length;
};

template <u16 Entries>
struct device_area {
  u16 flags;
  u16 index;
  used_element ring[Entries];
  u16 avail_event;
};

// `Buffer` is the handle of what is in flight:
//   static constexpr bool device_writes;        direction
//   arch::phys_addr address() const;            of the device's part
//   u32 length() const;                         in bytes
//   static constexpr u32 capacity;              the most that the device may write
//   Raw* release() &&;                          gives ownership up, to the queue
//   static auto adopt(Raw*, u32 written);       the handle of what it is when it comes back
//
// A `Buffer` in several parts has, in place of address() and length():
//   static constexpr u16 chain_limit;           the most parts, at least 2
//   std::array<segment, chain_limit> describe() const;
//                                               the parts, what the device reads first (§2.7.4.2).
//                                               One of no length is left out; the first has some
// A chain's descriptors lie at fixed places: part i of chain k is descriptor i * capacity + k, so
// that nothing is linked or searched, and a completion's id is the number of its chain.
template <class Buffer, u16 Entries>
class queue {
  static_assert(std::has_single_bit(Entries), "a split virtqueue's size is a power of two");

  static consteval u16 chain_limit() {
    if constexpr (requires { Buffer::chain_limit; }) {
      return Buffer::chain_limit;
    } else {
      return 1;
    }
  }
  static constexpr u16 chain = chain_limit();
  static_assert(std::endian::native == std::endian::little);

 public:
  static constexpr u16 entries = Entries;
  static constexpr u16 capacity = Entries / chain;  // buffers that can be in flight
  static_assert(capacity > 0, "the queue holds not even one chain");
  static constexpr features relies_on = version_1 | event_index;
  using raw = typename Buffer::raw;

  // Empties the queue, before the device is told of it.
  void clear() {
    available_.flags = available_.index = 0;
    used_.flags = used_.index = 0;
    used_.avail_event = 0;
    next_ = published_ = taken_ = 0;
    if constexpr (chain == 1) {
      for (u16 i = 0; i < Entries; ++i) available_.ring[i] = i;
    } else {
      std::iota(free_.begin(), free_.end(), u16{0});  // post() writes the ring
    }
    in_flight_ = {};
    suppress_interrupts();
  }

  arch::phys_addr descriptor_address() const { return address_of(descriptors_); }
  arch::phys_addr driver_area_address() const { return address_of(available_); }
  arch::phys_addr device_area_address() const { return address_of(used_); }

  u16 in_flight() const { return next_ - taken_; }
  bool full() const {
    if constexpr (chain == 1) {
      return in_flight_[next_ % Entries] != nullptr;
    } else {
      return in_flight() == capacity;
    }
  }

  // Hands a buffer to the device. It sees it at the next publish(). The queue must not be full.
  void post(Buffer buffer) { fill(vacant(), std::move(buffer)); }

  // The same, of a buffer that is made for its slot: a number below capacity that no other buffer
  // has until this one is taken back.
  template <class Make>
  void post_made(Make make) {
    const u16 slot = vacant();
    fill(slot, make(slot));
  }

  // Shows the device what was posted. True where it asked for a doorbell (§2.7.10).
  [[nodiscard]] bool publish() {
    const u16 before = published_;
    if (next_ == before) return false;
    arch::order_stores();
    store(available_.index, next_);
    published_ = next_;
    arch::order_all();
    const u16 event = load(used_.avail_event);
    return static_cast<u16>(next_ - event - 1) < static_cast<u16>(next_ - before);
  }

  // How many buffers were posted since the last publish().
  u16 unpublished() const { return next_ - published_; }

  // How many buffers the device says it has completed, and that were not taken back.
  u16 completed() const {
    const u16 count = load(used_.index) - taken_;
    if (count != 0) arch::order_loads();  // what it says of them is read after their number
    return count;
  }

  // Takes back the oldest completed buffer: one of those that completed() has counted.
  auto take(std::string_view node) {
    // Read once: the device may change them between a check and a use.
    const u32 id = load(used_.ring[taken_ % Entries].id);
    const u32 length = load(used_.ring[taken_ % Entries].length);
    if (id >= capacity || in_flight_[id] == nullptr) [[unlikely]]
      panic_not_held(node, id);
    if (Buffer::device_writes && length > Buffer::capacity) [[unlikely]] {
      panic_too_long(node, length);
    }
    if constexpr (chain > 1) free_[capacity - in_flight()] = static_cast<u16>(id);
    ++taken_;
    return Buffer::adopt(std::exchange(in_flight_[id], nullptr), length);
  }

  // Has the device interrupt at the next completion. False where one came meanwhile: take it first.
  [[nodiscard]] bool request_interrupt() {
    store(available_.used_event, taken_);
    arch::order_all();
    return completed() == 0;
  }

  // Has the device not interrupt: the event lies behind what was taken.
  void suppress_interrupts() { store(available_.used_event, static_cast<u16>(taken_ - 1)); }

 private:
  static arch::phys_addr address_of(const auto& area) {
    // SAFETY: memory is identity mapped, so an object's address is what the device uses.
    return reinterpret_cast<arch::phys_addr>(&area);
  }

  u16 vacant() const {
    if constexpr (chain == 1) {
      return next_ % Entries;
    } else {
      return free_[capacity - in_flight() - 1];
    }
  }

  void fill(u16 slot, Buffer buffer) {
    raw*& place = in_flight_[slot];
    if constexpr (chain == 1) {
      descriptors_[slot] = {.address = buffer.address(),
                            .length = buffer.length(),
                            .flags = Buffer::device_writes ? descriptor_device_writes : u16{0},
                            .next = 0};
    } else {
      link(slot, buffer.describe());
      available_.ring[next_ % Entries] = slot;
    }
    place = std::move(buffer).release();
    ++next_;
  }

  // From the last part to the first: so each knows what follows it.
  void link(u16 slot, const std::array<segment, chain>& parts) {
    u16 next = 0;
    u16 flags = 0;
    for (u16 part = chain; part-- > 0;) {
      const auto [address, length, device_writes] = parts[part];
      if (length == 0) continue;
      const u16 id = part * capacity + slot;
      if (device_writes) flags |= descriptor_device_writes;
      descriptors_[id] = {.address = address, .length = length, .flags = flags, .next = next};
      next = id;
      flags = descriptor_has_next;
    }
  }

  // SAFETY: both: the device reads and writes these words while we run, so each access is volatile.
  template <class T>
  static T load(const T& shared) {
    return *const_cast<const volatile T*>(&shared);
  }
  static void store(u16& shared, u16 value) { *const_cast<volatile u16*>(&shared) = value; }

  // Apart, so that what they print is nothing to a queue whose device behaves.
  [[noreturn, gnu::cold, gnu::noinline]] static void panic_not_held(std::string_view node, u32 id) {
    panic_at(node, "the device completed descriptor {}, which it does not hold", id);
  }
  [[noreturn, gnu::cold, gnu::noinline]] static void panic_too_long(std::string_view node,
                                                                    u32 length) {
    panic_at(node, "the device wrote {} bytes into a buffer of {}", length, Buffer::capacity);
  }

  // What is read most comes first: RISC-V reaches 2 KiB from the queue's address in one
  // instruction. Ours alone:
  u16 next_;       // position after the last posted
  u16 published_;  // position after the last that the device was shown
  u16 taken_;      // position of the next completion

  // Shared with the device.
  alignas(2) driver_area<Entries> available_;
  alignas(4) device_area<Entries> used_;
  alignas(16) std::array<descriptor, Entries> descriptors_;

  // Ours alone: a hostile device cannot change which buffer a descriptor stands for.
  std::array<raw*, capacity> in_flight_;              // by slot; null: not with the device
  std::array<u16, (chain > 1 ? capacity : 0)> free_;  // a stack of chains that are not in flight
};

}  // namespace osier::virtio
