// SPDX-License-Identifier: Apache-2.0
// GICv3 interrupt translation service (IHI 0069, chapter 5): a device's message, told apart by who
// sent it, becomes a locality-specific interrupt (LPI) of this CPU.
#pragma once

#include <array>

#include "arch.hpp"
#include "core/diagnostic.hpp"
#include "core/panic.hpp"
#include "core/units.hpp"
#include "irq/line.hpp"
#include "irq/message.hpp"
#include "mem/mmio.hpp"

namespace osier::gic {

// `Node`: path, reg. `Controller`: gic::v3, whose lines 0 to 15 LPIs are: first_message, messages,
// take_messages() and message_target().
template <class Node, class Controller, class Registers = mmio::registers<Node::reg>>
class its {
  // Register offsets and bits, in bytes (table 12-29, 12.19).
  enum offset : std::size_t {
    control = 0x0000,
    type = 0x0008,
    command_base = 0x0080,
    command_end = 0x0088,
    command_done = 0x0090,
    table_bases = 0x0100,
    peripheral_id = 0xffe8,
    translater = 0x1'0040,
    block_end = 0x2'0000,
  };
  static constexpr u32 control_enabled = 1;
  static constexpr u64 type_target_is_address = 1 << 19;
  static constexpr u64 done_stalled = 1;
  static constexpr u64 valid = u64{1} << 63;
  // GITS_BASER: one page of 4 KiB, neither cached nor shared, as this CPU writes it (bits all 0).
  static constexpr std::size_t tables = 8;
  static constexpr u64 table_page_size = 3 << 8;
  enum table_kind : u64 { kind_devices = 1, kind_collections = 4 };

  static constexpr std::size_t page = 4096;
  // Ids of interrupts have this many bits: the fewest that hold an LPI (5.1.1).
  static constexpr u32 id_bits = 14;
  static constexpr u8 enabled_at_highest_priority = 0b11;

  // A command (5.3.1): which, and by whom, are bits of its first word.
  struct command {
    u64 words[4];
  };
  enum command_number : u64 {
    sync = 0x05,
    map_device = 0x08,
    map_collection = 0x09,
    map_interrupt = 0x0a,
    invalidate_all = 0x0d
  };
  static constexpr std::size_t commands = page / sizeof(command);

  // What the service and the redistributor read and write. All zero at first, as they want it.
  alignas(page) static inline constinit std::array<command, commands> queue = {};
  alignas(page) static inline constinit std::array<u64, page / sizeof(u64)> devices = {};
  alignas(page) static inline constinit std::array<u64, page / sizeof(u64)> collections = {};
  // A byte for each LPI.
  alignas(page) static inline constinit std::array<
      u8, (1 << id_bits) - Controller::first_message> configuration = {};
  // A bit for each interrupt.
  alignas(0x1'0000) static inline constinit std::array<u8, (1 << id_bits) / 8> pending = {};
  // Of each device, its two events; the second is not used (5.2.2).
  struct alignas(256) events {
    std::array<u64, 32> entries;
  };
  static inline constinit std::array<events, Controller::messages> translations = {};
  static inline constinit std::size_t next_command = 0;

 public:
  static consteval diagnostic check() { return mmio::check_block<Node>(Node::reg, block_end); }

  // Gives the service and this CPU their tables, and lets both work. The GIC is started.
  // Interrupts masked.
  static void start() {
    if (const u32 found = Registers::read(peripheral_id) >> 4 & 0xf; found != 3) {
      panic_at(Node::path, "expected the translation service of a GICv3, found version {}", found);
    }
    Registers::write(control, u32{0});
    for (std::size_t table = 0; table < tables; ++table) give_table(table_bases + 8 * table);
    Registers::template write<u64>(command_base, valid | address_of(queue));
    Registers::template write<u64>(command_end, u64{0});
    next_command = 0;
    Controller::take_messages(address_of(configuration), address_of(pending), id_bits);
    Registers::write(control, control_enabled);
    run({map_collection, 0, valid | target(), 0});
    run({invalidate_all, 0, 0, 0});
    finish();
  }

  // Makes the first event of a device the interrupt of a line, and gives the message that raises
  // it. Interrupts masked; once a device.
  static irq::message connect(u32 source, irq::line line) {
    const u64 device = u64{source} << 32;
    if (source >= device_limit) {
      panic_at(Node::path, "expected devices below {:#x}, found {:#x}", device_limit, source);
    }
    configuration[line.number] = enabled_at_highest_priority;
    const u64 interrupt = Controller::first_message + line.number;
    run({map_device | device, 0, valid | address_of(translations[line.number]), 0});
    run({map_interrupt | device, interrupt << 32, 0, 0});
    run({invalidate_all, 0, 0, 0});
    finish();
    return {.address = Node::reg.base + translater, .data = 0};
  }

 private:
  static arch::phys_addr address_of(const auto& table) {
    // SAFETY: memory is identity mapped, so an object's address is what the service uses.
    return reinterpret_cast<arch::phys_addr>(&table);
  }

  static u64 target() {
    const u64 found = Registers::template read<u64>(type);
    return Controller::message_target((found & type_target_is_address) != 0);
  }

  static void give_table(std::size_t base) {
    const u64 found = Registers::template read<u64>(base);
    const u64 kind = found >> 56 & 7;
    if (kind != kind_devices && kind != kind_collections) return;
    if (kind == kind_devices) device_limit = static_cast<u32>(page / ((found >> 48 & 0x1f) + 1));
    const u64 table = kind == kind_devices ? address_of(devices) : address_of(collections);
    Registers::template write<u64>(base, valid | table);
    if ((Registers::template read<u64>(base) & table_page_size) != 0) {
      panic_at(Node::path, "expected tables in pages of 4 KiB, found them refused");
    }
  }

  // Leaves a command to the service. There is room: each is waited for.
  static void run(const command& what) {
    queue[next_command] = what;
    next_command = (next_command + 1) % commands;
  }

  // Has the service do what it was left, and waits until that has its effect.
  static void finish() {
    run({sync, 0, target(), 0});
    const u64 end = next_command * sizeof(command);
    arch::order_all();
    Registers::template write<u64>(command_end, end);
    for (;;) {
      const u64 done = Registers::template read<u64>(command_done);
      if (done == end) return;
      if ((done & done_stalled) != 0) {
        panic_at(Node::path, "expected the command at {:#x} to be done, found it refused",
                 done & ~done_stalled);
      }
    }
  }

  // Devices that the table has room for.
  static inline constinit u32 device_limit = 0;
};

}  // namespace osier::gic
