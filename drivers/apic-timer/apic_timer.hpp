// SPDX-License-Identifier: Apache-2.0
// The timer of a local APIC (Intel SDM, volume 3, 11.5.4): the time, and one alarm.
//
// It is one counter that counts down and starts over, period after period, and interrupts at each
// start. Time is the sum of the periods, and an alarm is a shorter period. Which period it is, the
// count alone does not tell, nor what passes while it is set anew: for that we look at the CPU's
// time-stamp counter. Its rate is nobody's promise, but how fast it runs beside the timer shows
// in passing, and roughly is enough: periods are counted, not measured, with it.
#pragma once

#include <algorithm>

#include "arch.hpp"
#include "async/event.hpp"
#include "core/diagnostic.hpp"
#include "core/units.hpp"
#include "interrupt_vector.hpp"
#include "irq/line.hpp"
#include "mem/mmio.hpp"
#include "time/clock.hpp"
#include "time_stamp_counter.hpp"

namespace osier::apic_timer {

// Offsets from the timer's vector and from its initial count (SDM, table 11-1), in bytes.
enum vector_offset : std::size_t { vector = 0x00, vector_end = 0x04 };
enum counter_offset : std::size_t {
  initial_count = 0x00,
  current_count = 0x10,
  divide = 0x60,
  counters_end = 0x64,
};

inline constexpr u32 vector_periodic = 1 << 17;
inline constexpr u32 divide_by_1 = 0b1011;

// In ticks. An alarm that is nearer than the shortest comes that much late.
inline constexpr u64 longest_period = u64{1} << 32;
inline constexpr u64 shortest_period = 1000;

// `Node`: reg (the timer's vector), reg1 (its counters), irq, clock.
template <class Node, class Vector = mmio::registers<Node::reg>,
          class Counters = mmio::registers<Node::reg1>>
class driver {
 public:
  static consteval diagnostic check() {
    if (auto refused = mmio::check_size<Node>(Node::reg, vector_end); !refused) return refused;
    return mmio::check_size<Node>(Node::reg1, counters_end);
  }

  // Starts the time, at 0, without an alarm. Interrupts masked.
  void start() {
    Counters::write(divide, divide_by_1);
    Vector::write(vector, vector_periodic | arch::vector_of(Node::irq.number));
    looked_ = arch::time_stamp();
    begin_period();
  }

  // The time now. Any context.
  time::instant now() {
    const arch::interrupts_masked guard;
    return {begun_at_ + elapsed(look(), 0)};
  }

  // Interrupts at a moment, at once where it has passed. Replaces an earlier request.
  void set_alarm(time::instant when) {
    const arch::interrupts_masked guard;
    alarm_at_ = when.ticks;
    const u64 passed = end_period(0);
    // The interrupt of a period that is counted already may come still.
    counted_ = counted_ || passed >= period_;
    begin_period();
  }

  // A period is over, and perhaps the time until the alarm.
  void interrupt(irq::context context) {
    end_period(counted_ ? 0 : 1);
    counted_ = false;
    if (alarm_at_ <= begun_at_) {
      alarm_at_ = never;
      alarm_.signal(context);
    }
    begin_period();
  }

  // Signaled at each alarm.
  async::event& alarm() { return alarm_; }

 private:
  static constexpr u64 never = ~u64{0};

  // The count, the time stamp after it was read, and by how much they may belie each other.
  struct sample {
    u64 count;
    u64 stamp;
    u64 doubt;
  };

  static sample look() {
    const u64 before = arch::time_stamp();
    const u64 count = Counters::read(current_count);
    const u64 after = arch::time_stamp();
    return {.count = count, .stamp = after, .doubt = after - before};
  }

  // Ticks since this period began, more than `least` periods.
  u64 elapsed(const sample& seen, u64 least) const {
    const u64 in_period = seen.count < period_ ? period_ - 1 - seen.count : 0;
    const u64 estimate = ticks_in(seen.stamp - begun_);
    u64 periods = least;
    if (estimate > in_period + period_ / 2) {
      periods = std::max(least, (estimate - in_period + period_ / 2) / period_);
    }
    return in_period + periods * period_;
  }

  // Moves the time on to now; begin_period() has to follow.
  u64 end_period(u64 least) {
    const sample seen = look();
    const u64 passed = elapsed(seen, least);
    learn(seen, passed);
    begun_at_ += passed;
    looked_ = seen.stamp;
    return passed;
  }

  // Begins a period that ends with the alarm, or before. The ticks since end_period() are counted
  // in, by time stamp.
  void begin_period() {
    const u64 left = alarm_at_ > begun_at_ ? alarm_at_ - begun_at_ : 0;
    period_ = std::clamp(left, shortest_period, longest_period);
    const u64 before = arch::time_stamp();
    Counters::write(initial_count, static_cast<u32>(period_ - 1));
    begun_ = arch::time_stamp();
    doubt_ = begun_ - before;
    begun_at_ += ticks_in(begun_ - looked_);
  }

  // How fast the time stamp runs: from a longer span than before, within a single period, where
  // nothing came between the counts and their stamps.
  void learn(const sample& seen, u64 passed) {
    const u64 span = seen.stamp - begun_;
    if (passed >= period_ || span < 2 * learned_from_ || span < 16 * (seen.doubt + doubt_)) return;
    ticks_per_stamp_ = (passed << 32) / span;
    learned_from_ = span;
  }

  u64 ticks_in(u64 stamps) const {
    return static_cast<u64>(static_cast<unsigned __int128>(stamps) * ticks_per_stamp_ >> 32);
  }

  u64 alarm_at_ = never;
  u64 period_ = 0;        // in ticks
  u64 begun_at_ = 0;      // the time when the period began
  u64 begun_ = 0;         // and the time stamp
  u64 doubt_ = 0;         // by how much they may belie each other, in time stamps
  u64 looked_ = 0;        // the time stamp of the last end_period()
  bool counted_ = false;  // a period whose interrupt may come still
  u64 ticks_per_stamp_ = 0;  // 32 binary places; 0: not yet known
  u64 learned_from_ = 0;     // the span in time stamps
  async::event alarm_;
};

}  // namespace osier::apic_timer
