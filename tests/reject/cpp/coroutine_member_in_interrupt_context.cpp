// EXPECT: an interrupt handler must not wait: it cannot be a coroutine; signal an event and let a task wait for it
// SPDX-License-Identifier: Apache-2.0
// Nor is a driver's handler, which is a member function.

#include "board.hpp"

struct driver {
#ifndef TWIN
  task<> interrupt(irq::context) { co_return; }
#else
  task<> interrupt() { co_return; }
#endif
};
