// SPDX-License-Identifier: Apache-2.0
// The timer of a local APIC (Intel SDM, volume 3, 11.5.4): the time, and one alarm.
//
// It is one counter that counts down and starts over, period after period, and interrupts at each
// start. Time is the sum of the periods, and an alarm is a shorter period. How many periods have
// passed the count does not tell, nor how long the counter took to be set anew: for that we look at
// the CPU's time-stamp counter. Its rate is nobody's promise, but how fast it runs beside the timer
// shows in passing, and roughly is enough: it measures microseconds, and tells periods apart.
#pragma once

#include <algorithm>

#include "arch.hpp"
#include "core/diagnostic.hpp"
#include "core/units.hpp"
#include "interrupt_vector.hpp"
#include "irq/line.hpp"
#include "mem/mmio.hpp"
#include "time/alarm.hpp"
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

// In ticks. An alarm that is nearer than the shortest comes that much late: a shorter period could
// not be told from the next.
inline constexpr u64 longest_period = u64{1} << 32;
inline constexpr u64 shortest_period = 10'000;

// `Node`: reg (the timer's vector), reg1 (its counters), irq, clock.
template <class Node, class Vector = mmio::registers<Node::reg>,
          class Counters = mmio::registers<Node::reg1>>
class driver {
 public:
  static consteval diagnostic check() {
    if (auto refused = mmio::check_block<Node>(Node::reg, vector_end); !refused) return refused;
    return mmio::check_block<Node>(Node::reg1, counters_end);
  }

  // Starts the time, at 0, without an alarm. Interrupts masked.
  void start() {
    Counters::write(divide, divide_by_1);
    Vector::write(vector, vector_periodic | arch::vector_of(Node::irq.number));
    ended_ = arch::time_stamp();
    begin_period();
  }

  // The time now. Any context.
  time::instant now() {
    const arch::interrupts_masked guard;
    return {begun_at_ + elapsed(look(), false)};
  }

  // A count for later, and about how many ticks have passed since then; without a look at the
  // timer's own. Any context.
  static u64 stamp() { return arch::time_stamp(); }
  u64 ticks_since(u64 stamp) const { return ticks_in(arch::time_stamp() - stamp); }

  // Interrupts at a moment, at once where it has passed. Replaces an earlier request.
  void set_alarm(time::instant when) {
    const arch::interrupts_masked guard;
    alarm_at_ = when.ticks;
    end_period(false);
    begin_period();
  }

  // A period is over; or one that was cut short, whose interrupt was on its way.
  void interrupt(irq::context context) {
    end_period(true);
    if (alarm_at_ <= begun_at_) {
      alarm_at_ = never;
      alarm_.signal(context);
    }
    begin_period();
  }

 private:
  static constexpr u64 never = ~u64{0};

  // The ticks into a period, the time stamp when they were read, and by how much that may be late.
  struct sample {
    u64 ticks;
    u64 stamp;
    u64 doubt;
  };

  sample look() const {
    const u64 before = arch::time_stamp();
    const u64 left = Counters::read(current_count);
    const u64 after = arch::time_stamp();
    return {
        .ticks = left < period_ ? period_ - 1 - left : 0, .stamp = after, .doubt = after - before};
  }

  // Ticks since this period began. The count says how many but for whole periods, the time stamp
  // says how many of these; as long as we do not know its rate, an interrupt means one.
  u64 elapsed(const sample& seen, bool interrupted) {
    u64 passed = seen.ticks;
    if (ticks_per_stamp_ == 0) {
      if (interrupted) passed += period_;
      if (!interrupted && period_ == longest_period) learn(seen, passed);
      return passed;
    }
    const u64 estimate = first_.ticks + ticks_in(seen.stamp - first_.stamp);
    if (estimate > passed + period_ / 2) {
      passed += (estimate - passed + period_ / 2) / period_ * period_;
    }
    const u64 error = estimate > passed ? estimate - passed : passed - estimate;
    if (error < period_ / 4) learn(seen, passed);
    return passed;
  }

  // How fast the time stamp runs: from a longer span than before, and none that is short beside the
  // time that the looking took.
  void learn(const sample& seen, u64 passed) {
    const u64 span = seen.stamp - first_.stamp;
    const u64 ticks = passed - first_.ticks;
    if (span < 2 * learned_from_ || span < 32 * (seen.doubt + first_.doubt)) return;
    if (passed < first_.ticks || ticks >= longest_period) return;
    ticks_per_stamp_ = (ticks << 32) / span;
    learned_from_ = span;
  }

  // Moves the time on to now; begin_period() has to follow.
  void end_period(bool interrupted) {
    const sample last = look();
    begun_at_ += elapsed(last, interrupted);
    ended_ = last.stamp;
  }

  // Begins a period that ends with the alarm, or before. What has passed since the last one was
  // looked at is known by time stamp.
  void begin_period() {
    const u64 left = alarm_at_ > begun_at_ ? alarm_at_ - begun_at_ : 0;
    period_ = std::clamp(left, shortest_period, longest_period);
    Counters::write(initial_count, static_cast<u32>(period_ - 1));
    first_ = look();
    begun_at_ += std::max(ticks_in(first_.stamp - ended_), first_.ticks) - first_.ticks;
  }

  u64 ticks_in(u64 stamps) const {
    return static_cast<u64>(static_cast<unsigned __int128>(stamps) * ticks_per_stamp_ >> 32);
  }

  u64 alarm_at_ = never;
  u64 period_ = 0;           // in ticks
  u64 begun_at_ = 0;         // the time when it began
  sample first_ = {};        // soon after that
  u64 ended_ = 0;            // the time stamp of the last look at the period before
  u64 ticks_per_stamp_ = 0;  // with 32 binary places; 0: not yet known
  u64 learned_from_ = 0;     // a span of time stamps
  time::alarm alarm_;
};

}  // namespace osier::apic_timer
