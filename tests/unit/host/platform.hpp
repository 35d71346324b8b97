// SPDX-License-Identifier: Apache-2.0
// The machine that tests on the host run on: a clock that they set, a console that they read, and
// interrupts that they raise.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "arch.hpp"
#include "async/event.hpp"
#include "async/executor.hpp"
#include "config.hpp"
#include "core/panic.hpp"
#include "core/platform.hpp"
#include "irq/line.hpp"
#include "time/alarm.hpp"

namespace osier::async {
void turn();  // the executor's step, which only an endless loop calls in an image
}

namespace osier::host {

inline constexpr hertz clock_rate = 1'000'000_Hz;

inline time::instant clock{1'000};          // what platform::now() says
inline std::optional<time::instant> alarm;  // the last request to platform::set_alarm()
inline constinit time::alarm alarm_signal;
inline std::string console;  // what was written to it

// In place of the end of the process, for a machine that is begun again. Must not return. The last
// words are on the console then.
inline std::function<void(int status)> on_power_off;

// The text of a regular expression that matches exactly `text`.
std::string literally(std::string_view text);

// The statement panics, and the block on the console contains the text.
#define EXPECT_PANIC(statement, text)                                      \
  EXPECT_EXIT(statement, ::testing::ExitedWithCode(::osier::panic_status), \
              ::testing::ContainsRegex("panic: .*" + ::osier::host::literally(text)))

// What osier_interrupt() calls.
inline std::function<void(irq::context)> handle_interrupt;

// Calls `body(irq::context)` as the handler of an interrupt.
inline void interrupt(std::function<void(irq::context)> body) {
  handle_interrupt = std::move(body);
  const arch::interrupts_masked masked;
  osier_interrupt();
}

// Runs tasks and deferred work until the CPU would halt.
void run_until_idle();

// Lets time pass; at each alarm that was asked for, interrupts and runs what that makes ready.
void advance(time::duration length);

// How many more coroutine frames could be taken.
std::size_t free_frames();

// Puts a static object back to its initial state.
template <class T>
void renew(T& object) {
  std::destroy_at(&object);
  std::construct_at(&object);
}

}  // namespace osier::host
