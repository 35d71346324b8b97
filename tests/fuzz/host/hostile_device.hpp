// SPDX-License-Identifier: Apache-2.0
// A virtio device that does as the input says: it completes what it holds and what it does not,
// lies about lengths, moves its ring and its doorbells' positions, whenever the driver looks.
//
// It writes to its rings and into the buffers that it was given, which is all that a driver can
// defend itself against: DMA to other memory is an IOMMU's matter.
#pragma once

#include <array>
#include <cstring>

#include "host/input.hpp"
#include "host/machine.hpp"
#include "host/platform.hpp"
#include "host/virtio_device.hpp"
#include "mem/mmio.hpp"

namespace osier::fuzz {

struct slot_node {
  static constexpr std::string_view path = "/virtio_mmio@0";
  static constexpr std::string_view origin = "dts/board.dts:1";
  static constexpr mmio::region reg = {.base = 0, .size = 0x200};
};

// Registers of a virtio-mmio slot that start honestly; drop-in for mmio::registers.
struct hostile_registers {
  static inline u32 device_id = 0;
  static inline u32 offered = 0;  // features, the same in both halves
  static inline std::array<u8, 0x100> config;
  static inline std::array<host::device_queue, 2> queues;
  static inline u32 interrupt_status = 0;
  static inline u32 status = 0;
  static inline u32 half = 0;
  static inline u32 selected = 0;

  // The device after power-up, with an empty configuration.
  static void power_up(u32 id) {
    device_id = id;
    offered = ~u32{0};
    config = {};
    queues = {};
    interrupt_status = status = half = selected = 0;
  }

  template <class T = u32>
  static T read(std::size_t offset) {
    if (offset >= 0x100) {
      T value;
      std::memcpy(&value, &config.at(offset - 0x100), sizeof value);
      return value;
    }
    switch (offset) {
      case 0x000: return static_cast<T>(0x7472'6976);
      case 0x004: return static_cast<T>(2);
      case 0x008: return static_cast<T>(device_id);
      case 0x010: return static_cast<T>(offered);
      case 0x034: return static_cast<T>(1024);
      case 0x060: return static_cast<T>(interrupt_status);
      case 0x070: return static_cast<T>(status);
      case 0x0fc: return 0;
      default: found("a read of a register that cannot be read");
    }
  }

  template <class T = u32>
  static void write(std::size_t offset, T value) {
    host::device_queue& queue = queues.at(selected);
    switch (offset) {
      case 0x014:
      case 0x020:
      case 0x024: half = value; break;
      case 0x030: selected = value; break;
      case 0x038: queue.entries = static_cast<u16>(value); break;
      case 0x044: queue.ready = value == 1; break;
      case 0x050: break;
      case 0x064: interrupt_status &= ~value; break;
      case 0x070: status = value; break;
      case 0x080: queue.descriptors |= value; break;
      case 0x084: queue.descriptors |= u64{value} << 32; break;
      case 0x090: queue.driver_area |= value; break;
      case 0x094: queue.driver_area |= u64{value} << 32; break;
      case 0x0a0: queue.device_area |= value; break;
      case 0x0a4: queue.device_area |= u64{value} << 32; break;
      default: found("a write to a register that cannot be written");
    }
  }
};

// Writes what the input says into a chain's parts that are the device's to write; returns how much.
inline u32 fill(const host::device_queue& queue, u16 head, input& in) {
  u32 written = 0;
  u16 id = head;
  for (u16 parts = 0; parts < queue.entries; ++parts) {
    const u64 where = queue.descriptors + 16 * u64{id};
    const u32 length = host::device_queue::at<u32>(where + 8);
    const u16 flags = host::device_queue::at<u16>(where + 12);
    if ((flags & 2) != 0) {
      const auto bytes = in.take(std::min<u32>(length, in.take<u16>()));
      // SAFETY: the driver gave this part to the device, and it is of this process.
      auto* part = reinterpret_cast<u8*>(host::device_queue::at<u64>(where));
      std::copy(bytes.begin(), bytes.end(), part);
      // A driver that named more than it has is caught here.
      if (length > 0) part[length - 1] = part[length - 1];
      written += static_cast<u32>(bytes.size());
    }
    if ((flags & 1) == 0) break;
    id = host::device_queue::at<u16>(where + 14);
    expect(id < queue.entries, "a chain that leaves its queue");
  }
  return written;
}

// One thing that a device does to a queue.
inline void act(host::device_queue& queue, input& in) {
  using host::device_queue;
  if (!queue.ready) return;
  const u64 ring = queue.device_area + 4;
  switch (in.take<u8>() % 10) {
    case 0:
    case 1:
    case 2: {  // as it should be
      if (!queue.has_available()) break;
      const auto next = queue.next();
      expect(next.id < queue.entries, "a descriptor that the queue does not have");
      queue.complete(next.id, fill(queue, next.id, in));
      count("completions");
      break;
    }
    case 3: {  // of a buffer that it holds, with a length of its own
      if (!queue.has_available()) break;
      queue.complete(queue.next().id, in.take<u32>());
      count("hostile completions");
      break;
    }
    case 4:  // of anything
      queue.complete(in.take<u8>() % (2 * queue.entries), in.take<u16>());
      count("hostile completions");
      break;
    case 5:
      queue.complete(in.take<u32>(), in.take<u32>());
      count("hostile completions");
      break;
    case 6: {  // of what it has completed before
      const u64 before = ring + 8 * (static_cast<u16>(queue.completed - 1) % queue.entries);
      queue.complete(device_queue::at<u32>(before), device_queue::at<u32>(before + 4));
      count("hostile completions");
      break;
    }
    case 7:  // the ring moves
      queue.completed = in.take<u16>();
      device_queue::at<u16>(queue.device_area + 2) = queue.completed;
      count("hostile completions");
      break;
    case 8: queue.ask_doorbell_at(in.take<u16>()); break;
    case 9:  // any half word of its ring
      device_queue::at<u16>(queue.device_area + 2 * (in.take<u16>() % (3 + 4 * queue.entries))) =
          in.take<u16>();
      count("hostile completions");
      break;
  }
}

// Whenever the driver has shown something and looks at the ring, the device may act.
inline void act_at_barriers(input& in) {
  arch::on_barrier = [&in] {
    if (!in.empty()) act(hostile_registers::queues[in.take<u8>() % 2], in);
  };
}

// Interrupts, of whatever cause the input says, and lets tasks run.
template <class Driver>
void interrupt(Driver& driver, input& in) {
  hostile_registers::interrupt_status = in.take<u8>();
  host::handle_interrupt = [&driver](irq::context context) { driver.interrupt(context); };
  {
    const arch::interrupts_masked masked;
    osier_interrupt();
  }
  host::run_until_idle();
}

// What a device with one queue does, and when it interrupts, for as long as the input says.
template <class Driver>
void act_to_the_end(Driver& driver, input& in) {
  act_at_barriers(in);
  while (!in.empty()) {
    if (in.take<u8>() % 3 != 0) {
      act(hostile_registers::queues[0], in);
    } else {
      interrupt(driver, in);
    }
    count("steps");
  }
}

}  // namespace osier::fuzz
