// SPDX-License-Identifier: Apache-2.0
// The Arm generic timer's virtual timer: the time, and one alarm.
#pragma once

#include "core/diagnostic.hpp"
#include "core/panic.hpp"
#include "generic_timer.hpp"
#include "irq/line.hpp"
#include "time/alarm.hpp"
#include "time/clock.hpp"

namespace osier::arm_timer {

// `Node`: irq, clock. `Registers`: the CPU's, or a fake.
template <class Node, class Registers = arch::generic_timer>
class driver {
 public:
  static consteval diagnostic check() { return {}; }

  // Checks the rate against the devicetree's, and leaves the alarm off. Interrupts masked.
  void start() {
    if (const u64 found = Registers::frequency(); found != Node::clock.value) {
      panic_at(Node::path, "expected a timer at {} Hz, found one at {} Hz", Node::clock.value,
               found);
    }
    Registers::set_control(control_off);
  }

  // The time now. Any context.
  static time::instant now() { return {Registers::count()}; }

  // A count for later, and the ticks since then. Any context.
  static u64 stamp() { return Registers::stamp(); }
  static u64 ticks_since(u64 stamp) { return Registers::count() - stamp; }

  // Interrupts at a moment, at once where it has passed. Replaces an earlier request.
  static void set_alarm(time::instant when) {
    Registers::set_compare(when.ticks);
    Registers::set_control(control_on);
  }

  // The alarm's moment has come. The line stays raised while the condition holds: turn it off.
  void interrupt(irq::context context) {
    Registers::set_control(control_off);
    alarm_.signal(context);
  }

 private:
  static constexpr u64 control_on = 1;
  static constexpr u64 control_off = 0;
  time::alarm alarm_;
};

}  // namespace osier::arm_timer
