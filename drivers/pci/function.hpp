// SPDX-License-Identifier: Apache-2.0
// A PCI function (PCI Local Bus 3.0, §6): verified, given the addresses that the generator chose,
// and let onto the bus. Nothing is enumerated.
#pragma once

#include "core/panic.hpp"
#include "core/units.hpp"

namespace osier::pci {

// `Node`: path, vendor, device, and of its memory BAR: bar (the index), bar_address (on the bus),
// reg1 (as the CPU sees it). Where the function interrupts by its pin: interrupt_pin; where by
// messages, of the BAR that holds their table: message_bar, message_bar_address, reg2.
// `Configuration`: the function's configuration registers.
template <class Node, class Configuration>
class function {
  // Register offsets, in bytes (§6.1).
  enum offset : std::size_t {
    vendor_register = 0x00,
    device_register = 0x02,
    command = 0x04,
    status = 0x06,
    header_type = 0x0e,
    first_bar = 0x10,
    capabilities = 0x34,
    interrupt_pin_register = 0x3d,
  };
  enum command_bit : u16 {
    command_io = 1,
    command_memory = 2,
    command_bus_master = 4,
    command_no_interrupt = 1 << 10,
  };
  static constexpr u16 status_has_capabilities = 1 << 4;
  static constexpr u32 bar_kind = 0xf;  // what is no address
  static constexpr u32 bar_is_io = 1;
  static constexpr u32 bar_is_64_bits = 4;

 public:
  // Checks that the devicetree's device is in this place, and has the pin that it interrupts by.
  // Interrupts masked, as for the others.
  static void verify() {
    const u16 vendor = Configuration::template read<u16>(vendor_register);
    const u16 device = Configuration::template read<u16>(device_register);
    if (vendor == 0xffff) {
      panic_at(Node::path, "expected PCI device {:04x}:{:04x}, found no function there",
               Node::vendor, Node::device);
    }
    if (vendor != Node::vendor || device != Node::device) {
      panic_at(Node::path, "expected PCI device {:04x}:{:04x}, found {:04x}:{:04x}", Node::vendor,
               Node::device, vendor, device);
    }
    if (const u8 found = Configuration::template read<u8>(header_type) & 0x7f; found != 0) {
      panic_at(Node::path, "expected a PCI device, found header type {}", found);
    }
    if constexpr (requires { Node::interrupt_pin; }) {
      const u8 found = Configuration::template read<u8>(interrupt_pin_register);
      if (found != Node::interrupt_pin) {
        panic_at(Node::path, "expected interrupt pin {}, found pin {}", Node::interrupt_pin, found);
      }
    }
  }

  // Gives each BAR its address, after checking that it is as large as the generator took it to be,
  // and lets the function answer there, reach memory and interrupt.
  static void assign() {
    const u16 others = Configuration::template read<u16>(command) &
                       ~(command_io | command_memory | command_bus_master | command_no_interrupt);
    Configuration::template write<u16>(command, static_cast<u16>(others));
    assign_bar(Node::bar, Node::bar_address, Node::reg1.size);
    if constexpr (requires { Node::message_bar; }) {
      assign_bar(Node::message_bar, Node::message_bar_address, Node::reg2.size);
    }
    Configuration::template write<u16>(
        command, static_cast<u16>(others | command_memory | command_bus_master));
  }

  // Calls `visit` with the offset of each capability of this id, in their order (§6.7). Bounded:
  // the list of a broken device may be a ring.
  template <class Visit>
  static void each_capability(u8 id, Visit visit) {
    if ((Configuration::template read<u16>(status) & status_has_capabilities) == 0) return;
    std::size_t at = Configuration::template read<u8>(capabilities) & ~3u;
    for (int left = 48; at >= 0x40 && left > 0; --left) {
      if (Configuration::template read<u8>(at) == id) visit(at);
      at = Configuration::template read<u8>(at + 1) & ~3u;
    }
  }

 private:
  static void assign_bar(u32 index, u64 address, std::size_t size) {
    const std::size_t bar = first_bar + 4 * index;
    const u32 kind = Configuration::template read<u32>(bar) & bar_kind;
    const bool is_wide = (kind & bar_is_64_bits) != 0;
    // §6.2.5.1: of all ones, those bits stay that the function decodes.
    write_bar(bar, ~u64{0}, is_wide);
    const u32 low = Configuration::template read<u32>(bar);
    const u32 found = ~(low & ~bar_kind) + 1;
    if ((low & bar_is_io) != 0 || found != size || (!is_wide && address >> 32 != 0)) {
      panic_at(Node::path, "expected BAR {} to be memory of {:#x} bytes, found {:#x} bytes ({:#x})",
               index, size, found, low);
    }
    write_bar(bar, address, is_wide);
  }

  static void write_bar(std::size_t bar, u64 value, bool is_wide) {
    Configuration::template write<u32>(bar, static_cast<u32>(value));
    if (is_wide) Configuration::template write<u32>(bar + 4, static_cast<u32>(value >> 32));
  }
};

}  // namespace osier::pci
