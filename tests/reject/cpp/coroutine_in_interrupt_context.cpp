// EXPECT: an interrupt handler must not wait: it cannot be a coroutine; signal an event and let a task wait for it
// SPDX-License-Identifier: Apache-2.0
// A handler is no coroutine.

#include "board.hpp"

#ifndef TWIN
task<> handle(irq::context) {
#else
task<> handle() {
#endif
  co_return;
}
