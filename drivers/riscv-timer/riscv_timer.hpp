// SPDX-License-Identifier: Apache-2.0
// A RISC-V hart's timer in supervisor mode: the time, and one alarm.
#pragma once

#include "core/diagnostic.hpp"
#include "core/panic.hpp"
#include "irq/line.hpp"
#include "supervisor_timer.hpp"
#include "time/alarm.hpp"
#include "time/clock.hpp"

namespace osier::riscv_timer {

// `Node`: irq, clock, firmware (whether it has started the image, and sets the alarm).
// `Registers`: the hart's, or a fake.
template <class Node, class Registers = arch::supervisor_timer<Node::firmware>>
class driver {
  static constexpr u64 never = ~u64{0};

 public:
  static consteval diagnostic check() { return {}; }

  // Checks that there is an alarm, and leaves it off. Interrupts masked.
  void start() {
    if (!Registers::has_alarm(never)) {
      panic_at(Node::path, "expected {}, found none",
               Node::firmware ? "firmware that sets a timer" : "a compare register of the timer");
    }
  }

  // The time now. Any context.
  static time::instant now() { return {Registers::count()}; }

  // A count for later, and the ticks since then. Any context.
  static u64 stamp() { return Registers::count(); }
  static u64 ticks_since(u64 stamp) { return Registers::count() - stamp; }

  // Interrupts at a moment, at once where it has passed. Replaces an earlier request.
  static void set_alarm(time::instant when) { Registers::set_compare(when.ticks); }

  // The alarm's moment has come. The line stays raised while the time is past it: turn it off.
  void interrupt(irq::context context) {
    Registers::set_compare(never);
    alarm_.signal(context);
  }

 private:
  time::alarm alarm_;
};

}  // namespace osier::riscv_timer
