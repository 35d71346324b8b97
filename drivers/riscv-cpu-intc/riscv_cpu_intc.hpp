// SPDX-License-Identifier: Apache-2.0
// The interrupt controller that is part of a RISC-V hart: a line for each cause (privileged
// architecture, 4.1.3).
#pragma once

#include <bit>

#include "core/diagnostic.hpp"
#include "core/panic.hpp"
#include "core/units.hpp"
#include "irq/line.hpp"
#include "local_interrupts.hpp"

namespace osier::riscv_cpu_intc {

// `Node`: hart (its number). `Registers`: the hart's, or a fake.
template <class Node, class Registers = arch::local_interrupts>
class driver {
 public:
  static consteval diagnostic check() { return {}; }

  // Checks that this hart runs, and masks every line. Interrupts masked at the hart.
  static void start() {
    if (const auto found = Registers::hart(); found != Node::hart) {
      panic_at(Node::path, "expected to run on hart {}, found hart {}", Node::hart, found);
    }
    Registers::disable_all();
  }

  // Unmasks a line, and checks that the hart has it: a bit without an interrupt stays 0.
  static void enable(irq::line line) {
    Registers::enable(bit(line.number));
    if ((Registers::enabled() & bit(line.number)) == 0) {
      panic_at(Node::path, "expected interrupt {}, found a hart without it", line.number);
    }
  }

  // The most urgent line that is raised: of those that we use, the external interrupt has the
  // highest number and comes before the timer. The device behind it lowers it.
  static u32 acknowledge() { return static_cast<u32>(std::bit_width(Registers::pending())) - 1; }
  static constexpr u32 line_of(u32 taken) { return taken; }
  static constexpr bool is_none(u32 taken) { return taken == ~u32{0}; }
  static void end(u32) {}

 private:
  using causes = decltype(Registers::enabled());
  static constexpr causes bit(u32 number) { return causes{1} << number; }
};

}  // namespace osier::riscv_cpu_intc
