// SPDX-License-Identifier: Apache-2.0
// A hundred ticks of ten milliseconds, each awaited by its moment, so that no lateness adds up; the
// CPU halts in between. Status 2 where a tick came early or alarms and ticks differ.
#include "machine.hpp"
#include "time/timer.hpp"

namespace {

constexpr u64 ticks = 100;
constexpr time::duration length = std::chrono::milliseconds{10};

}  // namespace

task<> app_main(machine::console console) {
  const hertz rate = platform::timer_rate();
  const time::instant begin = platform::now();
  const u64 alarms_before = time::alarm_count();
  u64 early = 0;
  for (u64 tick = 1; tick <= ticks; ++tick) {
    const time::instant due{begin.ticks + tick * time::ticks_in(length, rate)};
    co_await time::sleep_until{due};
    early += platform::now() < due ? 1 : 0;
  }
  const u64 late = platform::now().ticks - begin.ticks - ticks * time::ticks_in(length, rate);
  const u64 alarms = time::alarm_count() - alarms_before;
  console.print("ticks: {} ticks, {} alarms, {} early\n", ticks, alarms, early);
  // How late depends on who else wants the host's cores.
  const bool drifted = late > time::ticks_in(std::chrono::milliseconds{500}, rate);
  console.print("ticks: drift {}\n", drifted ? "above half a second" : "none that adds up");
  platform::end(early == 0 && alarms == ticks && !drifted ? 0 : 2);
}
