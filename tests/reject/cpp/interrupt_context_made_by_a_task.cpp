// EXPECT: calling a private constructor of class 'osier::irq::context'
// SPDX-License-Identifier: Apache-2.0
// Only an interrupt is one: a task cannot make the proof, and waits in place of signaling.

#include "async/event.hpp"
#include "board.hpp"

task<> pretend(async::event& done) {
#ifndef TWIN
  done.signal(irq::context{});
#else
  co_await done.wait();
#endif
  co_return;
}
