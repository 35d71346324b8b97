// SPDX-License-Identifier: Apache-2.0
// The timer of a core-local interruptor (RISC-V ACLINT specification 1.0, MTIMER; the CLINT's
// layout): the time, and one alarm for each hart.
#pragma once

#include "async/event.hpp"
#include "core/diagnostic.hpp"
#include "core/panic.hpp"
#include "core/units.hpp"
#include "irq/line.hpp"
#include "mem/mmio.hpp"
#include "time/clock.hpp"

namespace osier::clint {

// Register offsets, in bytes. The compare registers are eight bytes a hart.
enum offset : std::size_t {
  compare = 0x4000,
  counter = 0xbff8,
  block_end = 0xc000,
};

// `Node`: reg, irq, clock, timer_entry (index of the timer interrupt in interrupts-extended: two
// entries a hart).
template <class Node, class Registers = mmio::registers<Node::reg>>
class driver {
  static constexpr std::size_t own_compare = compare + 8 * (Node::timer_entry / 2);
  static constexpr u64 never = ~u64{0};

 public:
  static consteval diagnostic check() { return mmio::check_block<Node>(Node::reg, block_end); }

  // Checks that there is a compare register, and leaves the alarm off. Interrupts masked.
  void start() {
    constexpr u64 probe = never - 1;
    write_compare(probe);
    if (const u64 found = read(own_compare); found != probe) {
      panic_at(Node::path, "expected a compare register that holds {:#x}, found {:#x} in it", probe,
               found);
    }
    write_compare(never);
  }

  // The time now. Any context.
  static time::instant now() { return {read(counter)}; }

  // Interrupts at a moment, at once where it has passed. Replaces an earlier request.
  static void set_alarm(time::instant when) { write_compare(when.ticks); }

  // The alarm's moment has come. The line stays raised while the time is past it: turn it off.
  void interrupt(irq::context context) {
    write_compare(never);
    alarm_.signal(context);
  }

  // Signaled at each alarm.
  async::event& alarm() { return alarm_; }

 private:
  // Half registers, which every hart's bus carries. A carry between the halves is seen by the high
  // one, which is read around the low one.
  static u64 read(std::size_t at) {
    u32 high = Registers::read(at + 4);
    for (;;) {
      const u32 low = Registers::read(at);
      const u32 again = Registers::read(at + 4);
      if (again == high) return u64{high} << 32 | low;
      high = again;
    }
  }

  // The low half is out of reach of the time meanwhile, so that no early interrupt comes between.
  static void write_compare(u64 value) {
    Registers::write(own_compare, ~u32{0});
    Registers::write(own_compare + 4, static_cast<u32>(value >> 32));
    Registers::write(own_compare, static_cast<u32>(value));
  }

  async::event alarm_;
};

}  // namespace osier::clint
