// SPDX-License-Identifier: Apache-2.0
// What the executor costs, in instructions: under QEMU's -icount shift=0 one is a nanosecond of the
// machine's time. A line each, `bench: yield TOTAL COUNT`.
#include "arch.hpp"
#include "async/event.hpp"
#include "machine.hpp"
#include "time/timer.hpp"

namespace {

using namespace std::chrono_literals;

constexpr u64 rounds = 10'000;

struct figure {
  u64 total;  // instructions
  u64 count;
};

u64 instructions_per_tick() { return 1'000'000'000 / platform::timer_rate().value; }

u64 instructions_since(time::instant begin) {
  return (platform::now().ticks - begin.ticks) * instructions_per_tick();
}

void signal(async::reaction& what) {
  const arch::interrupts_masked masked;
  what.signal(irq::context{masked});
}

// One task that waits until the others have run.
task<figure> measure_yield() {
  const time::instant begin = platform::now();
  for (u64 i = 0; i < rounds; ++i) co_await async::yield{};
  co_return {instructions_since(begin), rounds};
}

task<> nothing() { co_return; }

// Tasks that end at once. That they run takes a yield of ours, which is taken off.
task<figure> measure_spawn(figure yield) {
  constexpr u64 at_once = 16;
  const time::instant begin = platform::now();
  for (u64 i = 0; i < rounds; ++i) {
    for (u64 n = 0; n < at_once; ++n) {
      if (!async::spawn(nothing())) panic("no coroutine frame left");
    }
    co_await async::yield{};
  }
  co_return {instructions_since(begin) - rounds * yield.total / yield.count, rounds * at_once};
}

// Two tasks that wake each other, as an interrupt handler would.
constinit async::event ping;
constinit async::event pong;

task<> answer() {
  for (;;) {
    co_await ping.wait();
    signal(pong);
  }
}

task<figure> measure_event() {
  if (!async::spawn(answer())) panic("no coroutine frame left");
  co_await async::yield{};
  const time::instant begin = platform::now();
  for (u64 i = 0; i < rounds; ++i) {
    signal(ping);
    co_await pong.wait();
  }
  co_return {instructions_since(begin), 2 * rounds};
}

// A request as drivers have it: who asked waits in a list, the handler signals, the driver takes
// the answer and makes who asked ready.
constinit async::wait_list asked;
constinit async::reaction completed{[](async::reaction& /*self*/) {
  if (async::waiter* who = asked.pop_front()) async::make_ready(*who);
}};

struct request {
  async::waiter self = {};
  static constexpr bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) {
    self.suspend(coroutine);
    asked.push_back(self);
    signal(completed);
  }
  static constexpr void await_resume() {}
};

task<figure> measure_completion() {
  const time::instant begin = platform::now();
  for (u64 i = 0; i < rounds; ++i) co_await request{};
  co_return {instructions_since(begin), rounds};
}

[[gnu::noinline]] void spin(u64 steps) {
  // SAFETY: volatile keeps the loop, which is to take its time.
  for (volatile u64 left = steps; left > 0;) left = left - 1;
}

// Waits for a moment, and says when it was resumed, by a look that is so much later.
task<time::instant> resumed_at(time::instant due, u64 later) {
  co_await time::sleep_until{due};
  spin(later);
  co_return platform::now();
}

// From a timer's moment, at which the CPU is halted, to a coroutine that waits for it.
// Of a tick that is longer than an instruction the clock does not say how far it is. So we look
// later and later, in steps that reach every part of a tick: what is cut off is half a tick then.
// RISC-V's timer in QEMU is late by a part of a tick, which is in the figure: half a tick, 50.
task<figure> measure_timer() {
  const u64 tick = instructions_per_tick();
  time::instant begin = platform::now();
  spin(rounds);
  const u64 step = (instructions_since(begin) + rounds / 2) / rounds;
  begin = platform::now();
  for (u64 i = 0; i < rounds; ++i) {
    spin(0);
    platform::now();
  }
  const u64 reading = instructions_since(begin) / rounds;

  constexpr u64 passes = 10;
  u64 total = 0;
  for (u64 pass = 0; pass < passes; ++pass) {
    for (u64 later = 0; later < tick; ++later) {
      const time::instant due = time::after(1ms);
      const time::instant resumed = co_await resumed_at(due, later);
      total += (resumed.ticks - due.ticks) * tick - later * step - reading;
    }
  }
  co_return {total + passes * tick * (tick - 1) / 2, passes * tick};
}

}  // namespace

task<> app_main(machine::console console) {
  const auto print = [&console](std::string_view name, figure found) {
    console.print("bench: {} {} {}\n", name, found.total, found.count);
  };
  const figure yield = co_await measure_yield();
  print("yield", yield);
  print("spawn", co_await measure_spawn(yield));
  print("event", co_await measure_event());
  print("completion", co_await measure_completion());
  print("timer", co_await measure_timer());
  platform::end(0);
}
