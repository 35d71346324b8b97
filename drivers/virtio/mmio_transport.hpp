// SPDX-License-Identifier: Apache-2.0
// Virtio over MMIO, version 2 (virtio 1.2, §4.2): one device behind a block of registers.
#pragma once

#include "core/diagnostic.hpp"
#include "core/panic.hpp"
#include "core/units.hpp"
#include "irq/line.hpp"
#include "mem/mmio.hpp"
#include "virtio/features.hpp"

namespace osier::virtio {

// `Node`: path, reg, irq of the slot. `Registers`: mmio::registers of it, or a fake.
template <class Node, class Registers = mmio::registers<Node::reg>>
class mmio_transport {
  // Register offsets, in bytes (§4.2.2, table 4.1).
  enum offset : std::size_t {
    magic = 0x000,
    version = 0x004,
    device_id_register = 0x008,
    device_features = 0x010,
    device_features_select = 0x014,
    driver_features = 0x020,
    driver_features_select = 0x024,
    queue_select = 0x030,
    queue_size_max = 0x034,
    queue_size = 0x038,
    queue_ready = 0x044,
    queue_notify = 0x050,
    interrupt_status = 0x060,
    interrupt_acknowledge = 0x064,
    device_status = 0x070,
    queue_descriptors = 0x080,
    queue_driver_area = 0x090,
    queue_device_area = 0x0a0,
    config_generation_register = 0x0fc,
    config = 0x100,
  };
  static constexpr u32 magic_value = 0x7472'6976;  // "virt", little-endian

 public:
  using node = Node;

  // What is wrong with the slot for a device whose configuration has `config_size` bytes.
  static consteval diagnostic check(std::size_t config_size) {
    return mmio::check_block<Node>(Node::reg, config + config_size);
  }

  // Checks that the slot speaks virtio-mmio version 2 and holds the device that the devicetree
  // says.
  static void verify(u32 expected_id) {
    if (const u32 found = Registers::read(magic); found != magic_value) {
      panic_at(Node::path, "expected virtio-mmio (magic {:#x}), found {:#x}", magic_value, found);
    }
    if (const u32 found = Registers::read(version); found != 2) {
      panic_at(Node::path, "expected virtio-mmio version 2, found version {}", found);
    }
    if (const u32 found = Registers::read(device_id_register); found != expected_id) {
      panic_at(Node::path, "expected device id {} ({}), found {} ({})", expected_id,
               device_name(expected_id), found, device_name(found));
    }
  }

  static u32 get_status() { return Registers::read(device_status); }
  static void set_status(u32 value) { Registers::write(device_status, value); }

  static features offered() {
    Registers::write(device_features_select, u32{0});
    const features low = Registers::read(device_features);
    Registers::write(device_features_select, u32{1});
    return low | features{Registers::read(device_features)} << 32;
  }

  static void accept(features chosen) {
    Registers::write(driver_features_select, u32{0});
    Registers::write(driver_features, static_cast<u32>(chosen));
    Registers::write(driver_features_select, u32{1});
    Registers::write(driver_features, static_cast<u32>(chosen >> 32));
  }

  // Hands the device a queue: its entries and the physical addresses of its three areas.
  static void set_queue(u32 index, u32 entries, arch::phys_addr descriptors,
                        arch::phys_addr driver_area, arch::phys_addr device_area) {
    Registers::write(queue_select, index);
    if (const u32 most = Registers::read(queue_size_max); most < entries) {
      panic_at(Node::path, "expected queue {} to hold {} entries, found at most {}", index, entries,
               most);
    }
    Registers::write(queue_size, entries);
    write_address(queue_descriptors, descriptors);
    write_address(queue_driver_area, driver_area);
    write_address(queue_device_area, device_area);
    Registers::write(queue_ready, u32{1});
  }

  // The doorbell: the device looks at the queue. Costs an exit to the hypervisor.
  static void notify(u32 index) { Registers::write(queue_notify, index); }

  // Tells why the device interrupted, and lowers the line.
  static u32 acknowledge_interrupt() {
    const u32 causes = Registers::read(interrupt_status);
    Registers::write(interrupt_acknowledge, causes);
    return causes;
  }

  // A field of the device's own configuration (§2.5), read in one piece: u8, u16 or u32.
  template <class T>
  static T read_config(std::size_t at) {
    return Registers::template read<T>(config + at);
  }

  // Changes whenever the configuration does.
  static u32 config_generation() { return Registers::read(config_generation_register); }

 private:
  static void write_address(std::size_t at, arch::phys_addr address) {
    Registers::write(at, static_cast<u32>(address));
    Registers::write(at + 4, static_cast<u32>(u64{address} >> 32));
  }
};

}  // namespace osier::virtio
