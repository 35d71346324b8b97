// SPDX-License-Identifier: Apache-2.0
// A tick every ten milliseconds, awaited by its moment; a line every ten ticks.
#include "machine.hpp"
#include "time/timer.hpp"

task<> app_main(machine::console console) {
  const hertz rate = platform::timer_rate();
  const u64 period = time::ticks_in(10ms, rate);
  const time::instant begin = platform::now();
  const u64 alarms_before = time::alarm_count();
  console.print("metronome: {} Hz\n", rate.value);
  for (u64 tick = 1;; ++tick) {
    co_await time::sleep_until{time::instant{begin.ticks + tick * period}};
    if (tick % 10 != 0) continue;
    const u64 elapsed = platform::now().ticks - begin.ticks;
    console.print("{} elapsed, {} alarms, tick {}.\n", elapsed, time::alarm_count() - alarms_before,
                  tick);
  }
}
