// EXPECT: an interrupt handler must not wait; signal() an event instead
// SPDX-License-Identifier: Apache-2.0
// A handler signals an event and never waits for one.

#include "async/event.hpp"
#include "board.hpp"

void handle(async::event& done, irq::context context) {
#ifndef TWIN
  done.wait(context);
#else
  done.signal(context);
#endif
}
