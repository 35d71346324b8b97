// SPDX-License-Identifier: Apache-2.0
// Virtio over PCI, modern (virtio 1.2, §4.1): one device as a PCI function.
//
// Where the device keeps the structures in its BAR is read from its capabilities, once: it is the
// device's own business and differs from one maker to the next. Where the BAR lies is not read: the
// generator has decided it.
#pragma once

#include <algorithm>

#include "core/diagnostic.hpp"
#include "core/panic.hpp"
#include "core/units.hpp"
#include "irq/line.hpp"
#include "mem/mmio.hpp"
#include "pci/function.hpp"
#include "pci/interrupt.hpp"
#include "virtio/features.hpp"

namespace osier::virtio {

// `Node`: that of pci::function, and irq. `Configuration`: the function's configuration registers.
// `Interrupt`: pci::pin or pci::message. `Registers`: those in its BAR, or a fake.
template <class Node, class Configuration, class Interrupt,
          class Registers = mmio::registers<Node::reg1>>
class pci_transport {
  using function = pci::function<Node, Configuration>;

  // Of the common structure, in bytes (§4.1.4.3).
  enum offset : std::size_t {
    device_features_select = 0x00,
    device_features = 0x04,
    driver_features_select = 0x08,
    driver_features = 0x0c,
    config_message = 0x10,
    queue_count = 0x12,
    device_status = 0x14,
    config_generation_register = 0x15,
    queue_select = 0x16,
    queue_size = 0x18,
    queue_message = 0x1a,
    queue_enable = 0x1c,
    queue_notify_offset = 0x1e,
    queue_descriptors = 0x20,
    queue_driver_area = 0x28,
    queue_device_area = 0x30,
    common_end = 0x38,
  };

  // A capability, in bytes from its start (§4.1.4).
  static constexpr u8 capability_vendor_specific = 0x09;
  enum capability_offset : std::size_t {
    capability_kind = 3,
    capability_bar = 4,
    capability_offset = 8,
    capability_length = 12,
    capability_notify_multiplier = 16,
  };
  enum kind : u8 { kind_common = 1, kind_notify = 2, kind_interrupt = 3, kind_device = 4 };
  static constexpr const char* kind_names[] = {"", "common", "notification", "interrupt status",
                                               "device"};

  // Which of the function's messages tells an event (§4.1.5.1.2).
  static constexpr u32 interrupt_of_queue = 1;  // as in the interrupt status (§4.1.4.5)
  static constexpr u16 only_message = 0;
  static constexpr u16 no_message = 0xffff;

  // Doorbells that are kept; no driver has more queues.
  static constexpr u32 most_queues = 4;

  // A structure's place in the BAR, in bytes.
  struct part {
    u32 offset = 0;
    u32 length = 0;  // 0: not found yet
  };
  static inline constinit part parts[kind_device + 1] = {};
  static inline constinit u32 notify_multiplier = 0;
  static inline constinit std::size_t doorbells[most_queues] = {};

 public:
  using node = Node;

  // How large the device's configuration is, only the device says: see read_config().
  static consteval diagnostic check(std::size_t /*config_size*/) { return {}; }

  // Checks that the function is the device that the devicetree says, gives it its addresses, and
  // finds its structures. From then on it interrupts, when it is told to.
  static void verify(u32 /*expected_id*/) {
    function::verify();
    function::assign();
    std::ranges::fill(parts, part{});
    function::each_capability(capability_vendor_specific, [](std::size_t at) { note(at); });
    expect(kind_common, common_end);
    expect(kind_notify, sizeof(u16));
    expect(kind_interrupt, sizeof(u8));
    expect(kind_device, 0);
    Interrupt::template connect<Node, Configuration>();
  }

  static u32 get_status() { return common<u8>(device_status); }
  static void set_status(u32 value) { set_common<u8>(device_status, static_cast<u8>(value)); }

  static features offered() {
    set_common<u32>(device_features_select, 0);
    const features low = common<u32>(device_features);
    set_common<u32>(device_features_select, 1);
    return low | features{common<u32>(device_features)} << 32;
  }

  static void accept(features chosen) {
    set_common<u32>(driver_features_select, 0);
    set_common<u32>(driver_features, static_cast<u32>(chosen));
    set_common<u32>(driver_features_select, 1);
    set_common<u32>(driver_features, static_cast<u32>(chosen >> 32));
  }

  // Hands the device a queue: its entries and the physical addresses of its three areas.
  static void set_queue(u32 index, u16 entries, arch::phys_addr descriptors,
                        arch::phys_addr driver_area, arch::phys_addr device_area) {
    set_common<u16>(queue_select, static_cast<u16>(index));
    const u16 most = index < common<u16>(queue_count) ? common<u16>(queue_size) : u16{0};
    if (most < entries || index >= most_queues) {
      panic_at(Node::path, "expected queue {} to hold {} entries, found at most {}", index, entries,
               most);
    }
    const u64 place = u64{common<u16>(queue_notify_offset)} * notify_multiplier;
    if (place + sizeof(u16) > parts[kind_notify].length) {
      panic_at(Node::path,
               "expected the doorbell of queue {} within {:#x} bytes, found it at {:#x}", index,
               parts[kind_notify].length, place);
    }
    doorbells[index] = parts[kind_notify].offset + static_cast<std::size_t>(place);
    if constexpr (Interrupt::is_message) {
      set_common<u16>(config_message, no_message);
      set_common<u16>(queue_message, only_message);
      if (common<u16>(queue_message) != only_message) {
        panic_at(Node::path, "expected queue {} to have a message, found it refused", index);
      }
    }
    set_common<u16>(queue_size, entries);
    write_address(queue_descriptors, descriptors);
    write_address(queue_driver_area, driver_area);
    write_address(queue_device_area, device_area);
    set_common<u16>(queue_enable, 1);
  }

  // The doorbell: the device looks at the queue. Costs an exit to the hypervisor.
  static void notify(u32 index) {
    Registers::template write<u16>(doorbells[index], static_cast<u16>(index));
  }

  // Tells why this device interrupted, and lowers its pin; 0 where it was another on the same line.
  // A message has one meaning, and nothing to be lowered.
  static u32 acknowledge_interrupt() {
    if constexpr (Interrupt::is_message) return interrupt_of_queue;
    return Registers::template read<u8>(parts[kind_interrupt].offset);
  }

  // A field of the device's own configuration (§2.5), read in one piece: u8, u16 or u32.
  template <class T>
  static T read_config(std::size_t at) {
    if (at + sizeof(T) > parts[kind_device].length) {
      panic_at(Node::path, "expected a configuration of {} bytes, found {}", at + sizeof(T),
               parts[kind_device].length);
    }
    return Registers::template read<T>(parts[kind_device].offset + at);
  }

  // Changes whenever the configuration does.
  static u32 config_generation() { return common<u8>(config_generation_register); }

 private:
  template <class T>
  static T common(std::size_t at) {
    return Registers::template read<T>(parts[kind_common].offset + at);
  }
  template <class T>
  static void set_common(std::size_t at, T value) {
    Registers::template write<T>(parts[kind_common].offset + at, value);
  }

  static void write_address(std::size_t at, arch::phys_addr address) {
    set_common<u32>(at, static_cast<u32>(address));
    set_common<u32>(at + 4, static_cast<u32>(u64{address} >> 32));
  }

  // Remembers a structure that lies in the BAR that we have. Of several of a kind the first is the
  // one that the device prefers (§4.1.4.1).
  static void note(std::size_t at) {
    const u8 kind = Configuration::template read<u8>(at + capability_kind);
    const u8 bar = Configuration::template read<u8>(at + capability_bar);
    if (kind < kind_common || kind > kind_device || bar != Node::bar || parts[kind].length != 0) {
      return;
    }
    const u32 offset = Configuration::template read<u32>(at + capability_offset);
    const u32 length = Configuration::template read<u32>(at + capability_length);
    if (u64{offset} + length > Node::reg1.size || offset % 4 != 0) {
      panic_at(Node::path,
               "expected the {} structure within the {:#x} bytes of BAR {}, found {:#x} + {:#x}",
               kind_names[kind], Node::reg1.size, Node::bar, offset, length);
    }
    parts[kind] = {offset, length};
    if (kind == kind_notify) {
      notify_multiplier = Configuration::template read<u32>(at + capability_notify_multiplier);
    }
  }

  static void expect(kind which, u32 least) {
    if (parts[which].length == 0 || parts[which].length < least) {
      panic_at(Node::path, "expected virtio's {} structure in BAR {}, found {} bytes of it",
               kind_names[which], Node::bar, parts[which].length);
    }
  }
};

}  // namespace osier::virtio
