// SPDX-License-Identifier: Apache-2.0
// The interrupt controller of a PC: an I/O APIC (82093AA data sheet) and the local APIC of the one
// CPU (Intel SDM, volume 3, chapter 11), in its memory-mapped mode.
#pragma once

#include "core/diagnostic.hpp"
#include "core/panic.hpp"
#include "core/units.hpp"
#include "interrupt_vector.hpp"
#include "irq/line.hpp"
#include "irq/message.hpp"
#include "mem/mmio.hpp"

namespace osier::apic {

// Lines are the pins of the I/O APIC, behind them the sources within the local APIC, and then what
// devices send it as messages.
inline constexpr u32 first_local_line = 24;
inline constexpr u32 line_count = 47;
// What the local APIC delivers where an interrupt was withdrawn meanwhile. It wants no end().
inline constexpr u32 spurious_vector = arch::vector_count - 1;
static_assert(arch::vector_of(line_count) <= spurious_vector);

// Registers of the I/O APIC, by number (82093AA, table 2), and the two words in memory by which
// they are reached (table 1).
enum io_number : u32 { io_version = 0x01, io_redirection = 0x10 };
enum io_offset : std::size_t { io_select = 0x00, io_window = 0x10, io_end = 0x14 };

inline constexpr u32 redirection_masked = 1 << 16;
inline constexpr u32 redirection_level = 1 << 15;

// Offsets in the local APIC (SDM, table 11-1), and among the vectors behind that of its timer.
enum local_offset : std::size_t {
  local_id = 0x020,
  local_version = 0x030,
  task_priority = 0x080,
  end_of_interrupt = 0x0b0,
  spurious_interrupt = 0x0f0,
  local_end = 0x320,
};
enum vector_offset : std::size_t { pin_0 = 0x20, pin_1 = 0x30, error = 0x40, vectors_end = 0x44 };

// Where a message goes (SDM, 11.11.1): to the CPU of an id, which stands in bits 12 to 19. Its data
// (11.11.2) is the vector, with zeros for: fixed, edge.
inline constexpr u32 message_address = 0xfee0'0000;

inline constexpr u32 vector_masked = 1 << 16;
inline constexpr u32 apic_enable = 1 << 8;

// `Node`: reg (I/O APIC), reg1 (local APIC up to its timer vector), reg2 (the vectors behind that).
template <class Node, class IoApic = mmio::registers<Node::reg>,
          class LocalApic = mmio::registers<Node::reg1>,
          class LocalVectors = mmio::registers<Node::reg2>>
class driver {
 public:
  static consteval diagnostic check() {
    if (auto refused = mmio::check_block<Node>(Node::reg, io_end); !refused) return refused;
    if (auto refused = mmio::check_block<Node>(Node::reg1, local_end); !refused) return refused;
    return mmio::check_block<Node>(Node::reg2, vectors_end);
  }

  // Masks every line and lets the local APIC deliver. Interrupts masked at the CPU.
  static void start() {
    if (const u32 found = LocalApic::read(local_version) & 0xff; found < 0x10 || found > 0x1f) {
      panic_at(Node::path, "expected a local APIC of version 0x10 to 0x1f, found {:#x}", found);
    }
    if (const u32 found = io_read(io_version) & 0xff; found < 0x10 || found > 0x2f) {
      panic_at(Node::path, "expected an I/O APIC of version 0x10 to 0x2f, found {:#x}", found);
    }
    for (u32 pin = 0; pin < pins(); ++pin) io_write(io_redirection + 2 * pin, redirection_masked);
    LocalVectors::write(pin_0, vector_masked);
    LocalVectors::write(pin_1, vector_masked);
    LocalVectors::write(error, vector_masked);
    LocalApic::write(task_priority, u32{0});
    LocalApic::write(spurious_interrupt, apic_enable | spurious_vector);
  }

  // Unmasks a pin, routed to this CPU. A local source is unmasked by its own driver, which has the
  // register for that; a message by the device that sends it.
  static void enable(irq::line line) {
    if (line.number >= first_local_line) return;
    if (line.number >= pins()) {
      panic_at(Node::path, "expected an I/O APIC with a pin {}, found {} pins", line.number,
               pins());
    }
    const u32 entry = io_redirection + 2 * line.number;
    const u32 level = line.trigger == irq::level_high ? redirection_level : 0;
    io_write(entry + 1, LocalApic::read(local_id) & 0xff00'0000);
    io_write(entry, level | arch::vector_of(line.number));
  }

  // The message that raises a line at this CPU, whoever sends it.
  static irq::message connect(u32 /*source*/, irq::line line) {
    return {.address = message_address | LocalApic::read(local_id) >> 24 << 12,
            .data = arch::vector_of(line.number)};
  }

  // Takes the interrupt that the CPU has been given, where there is one.
  static u32 acknowledge() { return arch::take_vector(); }
  static constexpr u32 line_of(u32 taken) { return taken - arch::vector_of(0); }
  static constexpr bool is_none(u32 taken) { return taken == 0 || taken == spurious_vector; }
  static void end(u32) { LocalApic::write(end_of_interrupt, u32{0}); }

 private:
  static u32 io_read(u32 number) {
    IoApic::write(io_select, number);
    return IoApic::read(io_window);
  }

  static void io_write(u32 number, u32 value) {
    IoApic::write(io_select, number);
    IoApic::write(io_window, value);
  }

  static u32 pins() { return (io_read(io_version) >> 16 & 0xff) + 1; }
};

}  // namespace osier::apic
