// EXPECT: calling a private constructor of class 'osier::irq::context'
// SPDX-License-Identifier: Apache-2.0
// Who signals has interrupts masked: a handler, or a task that has masked them itself.

#include "async/event.hpp"
#include "board.hpp"

task<> pretend(async::event& done) {
#ifndef TWIN
  done.signal(irq::context{});
#else
  done.signal(irq::context{arch::interrupts_masked{}});
#endif
  co_return;
}
