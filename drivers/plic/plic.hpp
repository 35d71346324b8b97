// SPDX-License-Identifier: Apache-2.0
// RISC-V platform-level interrupt controller (PLIC specification 1.0.0): many lines onto one
// interrupt of a hart.
#pragma once

#include "core/diagnostic.hpp"
#include "core/panic.hpp"
#include "core/units.hpp"
#include "irq/line.hpp"
#include "mem/mmio.hpp"

namespace osier::plic {

// Register offsets, in bytes (chapter 3, memory map). Priorities hold a word a line; enables a bit
// a line, in a block for each context; the last two stand in a page for each context.
enum offset : std::size_t {
  priorities = 0x00'0000,
  enables = 0x00'2000,
  enables_of_context = 0x80,
  threshold = 0x20'0000,
  claim = 0x20'0004,
  page_of_context = 0x1000,
};

// `Node`: reg, context (the target that is this hart in the image's mode), riscv_ndev (lines).
template <class Node, class Registers = mmio::registers<Node::reg>>
class driver {
  static constexpr std::size_t page = page_of_context * Node::context;
  static constexpr std::size_t own_enables = enables + enables_of_context * Node::context;
  static constexpr u32 lowest_priority = 1;  // 0: never interrupts

 public:
  static consteval diagnostic check() {
    if (Node::riscv_ndev == 0 || Node::riscv_ndev > 1023) {
      return diagnostic::at<Node>()
          .add("riscv,ndev is ")
          .add(Node::riscv_ndev)
          .add("; a PLIC has 1 to 1023 lines; choose ")
          .add(Node::riscv_ndev == 0 ? 1 : 1023);
    }
    return mmio::check_block<Node>(Node::reg, claim + page + sizeof(u32));
  }

  // Masks every line at this context and admits every priority. Interrupts masked at the hart.
  static void start() {
    for (u32 word = 0; word <= Node::riscv_ndev / 32; ++word) {
      Registers::write(own_enables + 4 * word, u32{0});
    }
    Registers::write(threshold + page, u32{0});
  }

  // Unmasks a line, and checks that the controller has it: others keep no priority.
  static void enable(irq::line line) {
    const std::size_t priority = priorities + 4 * line.number;
    Registers::write(priority, lowest_priority);
    if (Registers::read(priority) != lowest_priority) {
      panic_at(Node::path, "expected a PLIC with line {}, found none that keeps its priority",
               line.number);
    }
    const std::size_t word = own_enables + 4 * (line.number / 32);
    Registers::write(word, Registers::read(word) | u32{1} << line.number % 32);
  }

  // Claims the pending interrupt of the highest priority, where there is one.
  static u32 acknowledge() { return Registers::read(claim + page); }
  static constexpr u32 line_of(u32 taken) { return taken; }
  static constexpr bool is_none(u32 taken) { return taken == 0; }

  // Completes it: the line may interrupt again.
  static void end(u32 taken) { Registers::write(claim + page, taken); }
};

}  // namespace osier::plic
