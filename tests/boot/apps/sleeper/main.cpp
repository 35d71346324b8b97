// SPDX-License-Identifier: Apache-2.0
// Sleeps twenty times ten milliseconds in each of two tasks, checks the time, and ends.
#include "async/executor.hpp"
#include "machine.hpp"
#include "time/timer.hpp"

namespace {

constexpr auto nap = std::chrono::milliseconds{10};

task<> sleep_often() {
  for (int i = 0; i < 20; ++i) {
    const time::instant until = time::after(nap);
    co_await time::sleep(nap);
    if (platform::now() < until) platform::end(2);
  }
}

}  // namespace

task<> app_main(machine::console console) {
  if (!async::spawn(sleep_often())) platform::end(2);
  co_await sleep_often();
  console.print("slept\n");
}
