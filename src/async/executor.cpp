// SPDX-License-Identifier: Apache-2.0
// The executor's lists and its loop.
#include "async/executor.hpp"

#include "arch.hpp"
#include "async/reaction.hpp"
#include "boot/phase.hpp"

namespace osier::async {

using detail::at_drain;
using detail::ready;

namespace {

// Where tasks are always ready, deferred work has every turn of so many.
constexpr u32 patience = 256;
constinit u32 turns_left = patience;

// Halts until an interrupt, and has it handled, unless one has already left a signal: none slips in
// between the check and the halt. What was signaled is looked at in the next turn.
// Apart, so that a turn that does not sleep saves no registers for the handler's call.
[[gnu::noinline]] void idle() {
  arch::disable_interrupts();
  if (!signals_waiting()) arch::wait_for_interrupt();
  arch::enable_interrupts();
}

}  // namespace

bool spawn(task<> work) {
  if (!work) return false;
  make_ready(std::move(work).detach());
  return true;
}

// One turn: a ready task, else deferred work, else a halt.
void turn() {
  if (signals_waiting()) deliver_signals();
  if (!ready.empty()) {
    if (--turns_left != 0) return ready.pop_front()->resume();
    turns_left = patience;
  }
  if (deferred* work = at_drain.pop_front()) return work->run();
  if (ready.empty()) return idle();
}

}  // namespace osier::async

namespace osier::boot {

void phase<interrupts_on>::run() && {
  for (;;) async::turn();
}

}  // namespace osier::boot
