// SPDX-License-Identifier: Apache-2.0
// Reads the real-time clock once and prints its date, in UTC.
#include <chrono>

#include "machine.hpp"

task<> app_main(machine::console console, machine::rtc rtc) {
  const std::chrono::sys_seconds now = rtc.now();
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{now - day};
  console.print("clock: {:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z, {} s since 1970\n",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), time.hours().count(), time.minutes().count(),
                time.seconds().count(), now.time_since_epoch().count());
  co_return;
}
