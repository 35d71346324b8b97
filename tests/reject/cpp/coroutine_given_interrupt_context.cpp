// EXPECT: an interrupt handler must not wait: it cannot be a coroutine; signal an event and let a task wait for it
// SPDX-License-Identifier: Apache-2.0
// Wherever the context stands among the parameters.

#include "board.hpp"

#ifndef TWIN
task<> drain(int rounds, const irq::context& context) {
#else
task<> drain(int rounds, const int& context) {
#endif
  (void)rounds, (void)context;
  co_return;
}
