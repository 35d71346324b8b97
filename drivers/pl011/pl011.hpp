// SPDX-License-Identifier: Apache-2.0
// Arm PrimeCell UART, PL011 (DDI 0183): the console.
#pragma once

#include <string_view>

#include "console/baud.hpp"
#include "console/transmit_queue.hpp"
#include "core/diagnostic.hpp"
#include "core/panic.hpp"
#include "core/units.hpp"
#include "irq/line.hpp"
#include "mem/mmio.hpp"

namespace osier::pl011 {

// Register offsets, in bytes (DDI 0183, table 3-1).
enum offset : std::size_t {
  data = 0x000,
  flags = 0x018,
  integer_baud = 0x024,
  fractional_baud = 0x028,
  line_control = 0x02c,
  control = 0x030,
  interrupt_mask = 0x038,
  interrupt_clear = 0x044,
  peripheral_id0 = 0xfe0,
  peripheral_id1 = 0xfe4,
  block_end = 0x1000,
};

inline constexpr u32 flag_busy = 1 << 3;
inline constexpr u32 flag_transmit_full = 1 << 5;
inline constexpr u32 line_8_bits_with_fifo = 3 << 5 | 1 << 4;
inline constexpr u32 control_enable_transmit = 1 << 0 | 1 << 8;
inline constexpr u32 interrupt_transmit = 1 << 5;
inline constexpr u32 part_number = 0x011;

// The divisor in 64ths that comes nearest to a rate: clock / (16 × baud), rounded.
constexpr u64 divisor(hertz clock, u64 baud) { return console::divisor(clock, baud, 64); }

// `Node`: reg, irq, clock, current_speed, arm_primecell_periphid (what the identity registers would
// say where there are none, else 0). `Registers`: mmio::registers of the block, or a fake.
template <class Node, class Registers = mmio::registers<Node::reg>>
class driver {
 public:
  // What is wrong with the node, as far as this driver can tell; nothing where it is accepted.
  static consteval diagnostic check() {
    constexpr std::size_t needed = has_identity ? block_end : interrupt_clear + sizeof(u32);
    if (auto refused = mmio::check_block<Node>(Node::reg, needed); !refused) return refused;
    if (!has_identity && (Node::arm_primecell_periphid & 0xfff) != part_number) {
      return diagnostic::at<Node>()
          .add("arm,primecell-periphid is of part ")
          .add_hex(Node::arm_primecell_periphid & 0xfff)
          .add("; this driver is for the PL011, part ")
          .add_hex(part_number)
          .add("; nearest: ")
          .add_hex((Node::arm_primecell_periphid & ~u32{0xfff}) | part_number);
    }
    return console::check_baud<Node>(64);
  }

  // Checks that this is a PL011, and sets the line to 8N1 at the node's speed. Interrupts masked.
  void start() {
    if constexpr (has_identity) verify_part();
    constexpr u64 steps = divisor(Node::clock, Node::current_speed);
    Registers::write(control, u32{0});
    Registers::write(interrupt_mask, u32{0});
    Registers::write(integer_baud, u32{steps / 64});
    Registers::write(fractional_baud, u32{steps % 64});
    Registers::write(line_control, line_8_bits_with_fifo);
    Registers::write(control, control_enable_transmit);
  }

  // Queues text; what the UART does not take at once goes out by interrupt. Waits, polling, only
  // where the queue is full. Any context.
  void write(std::string_view text) { queue_.write(text); }

  // Sends what is queued, then the text, and returns when the last bit has left. Interrupts masked.
  void flush(std::string_view text) { queue_.flush(text); }

  // The UART has room again.
  void interrupt(irq::context) {
    Registers::write(interrupt_clear, interrupt_transmit);
    queue_.send_what_fits();
  }

 private:
  // Without a statement in the tree, the UART itself says what it is.
  static constexpr bool has_identity = Node::arm_primecell_periphid == 0;

  static void verify_part() {
    const u32 part = Registers::read(peripheral_id0) | (Registers::read(peripheral_id1) & 0xf) << 8;
    if (part != part_number) {
      panic_at(Node::path, "expected a PL011 (part {:#05x}), found part {:#05x}", part_number,
               part);
    }
  }

  struct port {
    // The FIFO tells only whether it is full.
    static std::size_t room() { return (Registers::read(flags) & flag_transmit_full) != 0 ? 0 : 1; }
    static void put(char c) { Registers::write(data, u32{static_cast<u8>(c)}); }
    static bool idle() { return (Registers::read(flags) & flag_busy) == 0; }
    static void request_interrupt(bool wanted) {
      Registers::write(interrupt_mask, wanted ? interrupt_transmit : u32{0});
    }
  };

  console::transmit_queue<port> queue_;
};

}  // namespace osier::pl011
