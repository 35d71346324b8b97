// SPDX-License-Identifier: Apache-2.0
// The other side of virtio, for tests on the host: a device behind MMIO registers that walks its
// rings by the offsets of the specification (virtio 1.2, §2.7, §4.2), not by our structures.
#pragma once

#include <array>
#include <cstdlib>
#include <map>
#include <vector>

#include "core/units.hpp"

namespace osier::host {

// What a device is told of an object.
inline u64 device_address(const void* object) {
  // SAFETY: the address is compared, or comes back through device_queue::at().
  return reinterpret_cast<u64>(object);
}

// A split virtqueue as its device sees it.
struct device_queue {
  u16 entries = 0;
  u64 descriptors = 0;
  u64 driver_area = 0;
  u64 device_area = 0;
  bool ready = false;
  u16 seen = 0;       // of the available ring
  u16 completed = 0;  // of the used ring

  struct descriptor {
    u16 id;
    u64 address;
    u32 length;
    u16 flags;
  };

  template <class T>
  static volatile T& at(u64 address) {
    // SAFETY: the driver gave the address, and it is of this process.
    return *reinterpret_cast<volatile T*>(address);
  }

  u16 available_index() const { return at<u16>(driver_area + 2); }
  u16 used_event() const { return at<u16>(driver_area + 4 + 2 * entries); }
  bool has_available() const { return seen != available_index(); }
  u16 available() const { return available_index() - seen; }

  // Takes the oldest buffer that the driver made available.
  descriptor next() {
    const u16 id = at<u16>(driver_area + 4 + 2 * (seen++ % entries));
    const u64 where = descriptors + 16 * u64{id};
    return {.id = id,
            .address = at<u64>(where),
            .length = at<u32>(where + 8),
            .flags = at<u16>(where + 12)};
  }

  // Gives a buffer back. True where the driver asked for an interrupt at this one (§2.7.10).
  bool complete(u32 id, u32 written) {
    const u64 element = device_area + 4 + 8 * (completed % entries);
    at<u32>(element) = id;
    at<u32>(element + 4) = written;
    at<u16>(device_area + 2) = ++completed;
    return used_event() == static_cast<u16>(completed - 1);
  }

  // Asks for a doorbell when the buffer at this position is made available.
  void ask_doorbell_at(u16 position) { at<u16>(device_area + 4 + 8 * entries) = position; }
};

// A virtio-mmio slot and what is in it.
struct virtio_slot {
  u32 magic = 0x7472'6976;
  u32 version = 2;
  u32 device_id = 1;
  u64 offered = 0;
  u64 refused = 0;  // features that the device does not stay with
  u64 accepted = 0;
  u32 status = 0;
  u32 queue_size_max = 1024;
  u32 interrupt_status = 0;
  int reset_readings = 3;  // of the status until a reset is over
  std::map<std::size_t, u8> config;
  std::array<device_queue, 2> queues;
  std::vector<u32> doorbells;
  std::vector<u32> statuses;  // in the order that they were written

 private:
  friend struct virtio_registers;
  u32 offered_half = 0;
  u32 accepted_half = 0;
  u32 selected = 0;
  int resetting = 0;  // readings left
};

// The registers of `slot`; drop-in for mmio::registers.
struct virtio_registers {
  static inline virtio_slot slot;

  template <class T = u32>
  static T read(std::size_t offset) {
    if (offset >= 0x100) return static_cast<T>(slot.config[offset - 0x100]);
    switch (offset) {
      case 0x000: return static_cast<T>(slot.magic);
      case 0x004: return static_cast<T>(slot.version);
      case 0x008: return static_cast<T>(slot.device_id);
      case 0x010: return static_cast<T>(slot.offered >> 32 * slot.offered_half);
      case 0x034: return static_cast<T>(slot.queue_size_max);
      case 0x060: return static_cast<T>(slot.interrupt_status);
      case 0x070:
        if (slot.resetting > 0 && --slot.resetting > 0) return static_cast<T>(0x40);
        return static_cast<T>(slot.status);
      default: std::abort();  // a register that is write-only or does not exist
    }
  }

  template <class T = u32>
  static void write(std::size_t offset, T value) {
    device_queue& queue = slot.queues.at(slot.selected);
    switch (offset) {
      case 0x014: slot.offered_half = value; break;
      case 0x020:
        slot.accepted &= ~(u64{0xffff'ffff} << 32 * slot.accepted_half);
        slot.accepted |= u64{value} << 32 * slot.accepted_half;
        break;
      case 0x024: slot.accepted_half = value; break;
      case 0x030: slot.selected = value; break;
      case 0x038: queue.entries = static_cast<u16>(value); break;
      case 0x044: queue.ready = value == 1; break;
      case 0x050: slot.doorbells.push_back(value); break;
      case 0x064: slot.interrupt_status &= ~value; break;
      case 0x070:
        slot.statuses.push_back(value);
        slot.status = value;
        if (value == 0) slot.resetting = slot.reset_readings;
        if ((slot.accepted & slot.refused) != 0) slot.status &= ~u32{8};
        break;
      case 0x080: set_half(queue.descriptors, 0, value); break;
      case 0x084: set_half(queue.descriptors, 1, value); break;
      case 0x090: set_half(queue.driver_area, 0, value); break;
      case 0x094: set_half(queue.driver_area, 1, value); break;
      case 0x0a0: set_half(queue.device_area, 0, value); break;
      case 0x0a4: set_half(queue.device_area, 1, value); break;
      default: std::abort();
    }
  }

 private:
  static void set_half(u64& address, int half, u32 value) {
    address &= ~(u64{0xffff'ffff} << 32 * half);
    address |= u64{value} << 32 * half;
  }
};

}  // namespace osier::host
