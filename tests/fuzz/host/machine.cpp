// SPDX-License-Identifier: Apache-2.0
// Power-up and panics of the fuzzed machine. The sources whose state it begins anew are included:
// nothing else can name it.
#include "host/machine.hpp"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>

#include "async/executor.cpp"
#include "async/frames.cpp"
#include "async/reaction.cpp"
#include "config.hpp"
#include "core/panic.cpp"
#include "host/platform.hpp"
#include "time/timer.cpp"

namespace osier::async {

static void begin_anew(std::span<std::byte> storage) {
  fuzz::forget(ready);
  fuzz::forget(at_drain);
  turns_left = patience;
  detail::signaled = nullptr;
  slots = {};
  lend_frames(storage, config::frame_size);
}

}  // namespace osier::async

namespace osier::time {

static void begin_anew() {
  fuzz::forget(queue);
  alarms = 0;
}

}  // namespace osier::time

namespace osier::fuzz {
namespace {

alignas(16) std::byte frames[config::frame_count * config::frame_size];
std::jmp_buf powered_off;

// Printed when the program ends.
struct tally {
  std::map<std::string_view, u64> counts;
  ~tally() {
    for (const auto& [what, number] : counts) {
      std::fprintf(stderr, "counted: %llu %.*s\n", static_cast<unsigned long long>(number),
                   static_cast<int>(what.size()), what.data());
    }
  }
};

void unexpected(int /*status*/) { found("a panic that this target does not allow"); }

}  // namespace

void power_up() {
  async::begin_anew(frames);
  time::begin_anew();
  panicking = false;
  arch::interrupts_enabled = false;
  arch::on_wait = {};
  arch::on_barrier = {};
  host::clock = {1'000};
  host::alarm.reset();
  forget(host::alarm_signal);
  host::console.clear();
  host::on_power_off = unexpected;
}

bool panics(const std::function<void()>& body) {
  host::on_power_off = [](int status) {
    expect(status == panic_status, "the machine ended without a panic");
    std::longjmp(powered_off, 1);
  };
  if (setjmp(powered_off) == 0) {
    body();
    host::on_power_off = unexpected;
    return false;
  }
  host::on_power_off = unexpected;
  expect(host::console.contains("panic: /"), "a panic that names no node");
  count("panics");
  return true;
}

void found(const char* what) {
  std::fprintf(stderr, "%s\nfound: %s\n", host::console.c_str(), what);
  std::abort();
}

void count(const char* what, u64 times) {
  static tally all;
  all.counts[what] += times;
}

}  // namespace osier::fuzz
