// SPDX-License-Identifier: Apache-2.0
// The seams that src/ leaves to an image, as tests on the host have them.
#include "host/platform.hpp"

#include <unistd.h>

#include <cstdio>
#include <vector>

#include "async/frames.hpp"
#include "config.hpp"
#include "host/boot.hpp"

namespace osier::host {
namespace {

std::optional<boot::phase<boot::entry>> begun;

alignas(16) std::byte frames[config::frame_count * config::frame_size];
const bool frames_are_lent = (async::lend_frames(frames, config::frame_size), true);

}  // namespace

boot::phase<boot::entry> begin_boot() {
  osier_boot();
  return *std::move(begun);
}

const boot::phase<boot::entry>& entry() {
  osier_boot();
  return *begun;
}

std::string literally(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string_view{"\\^$.[]|()*+?{}"}.contains(c)) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

void run_until_idle() {
  bool idle = false;
  const auto before = std::exchange(arch::on_wait, [&idle] { idle = true; });
  while (!idle) async::turn();
  arch::on_wait = before;
}

void advance(time::duration length) {
  const time::instant until{clock.ticks + time::ticks_in(length, clock_rate)};
  run_until_idle();
  while (alarm && *alarm <= until) {
    clock = std::max(clock, *alarm);
    alarm.reset();
    interrupt([](irq::context context) { alarm_signal.signal(context); });
    run_until_idle();
  }
  clock = until;
}

std::size_t free_frames() {
  std::vector<void*> taken;
  while (void* frame = async::take_frame()) taken.push_back(frame);
  for (void* frame : taken) async::give_frame(frame);
  return taken.size();
}

}  // namespace osier::host

extern "C" void osier_boot() {
  using namespace osier;
  boot::phase<boot::entry> entry;
  host::begun.emplace(std::move(entry));
}

extern "C" void osier_interrupt() { osier::host::handle_interrupt(osier::irq::context{}); }

namespace osier::platform {

void console_write(std::string_view text) { host::console += text; }

// Panics only: the test that expects one reads standard error.
void console_flush(std::string_view text) {
  if (host::on_power_off) return console_write(text);
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

void power_off(int status) {
  if (host::on_power_off) host::on_power_off(status);
  _exit(status);
}

time::instant now() { return host::clock; }
u64 stamp() { return host::clock.ticks; }
u64 ticks_since(u64 stamp) { return host::clock.ticks - stamp; }
hertz timer_rate() { return host::clock_rate; }
void set_alarm(time::instant when) { host::alarm = when; }
std::span<const claimed_block> registers() { return {}; }

claimed_block ram() { return {}; }

}  // namespace osier::platform
