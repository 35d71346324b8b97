// EXPECT: a task has not begun until it is awaited or spawned: co_await it
// SPDX-License-Identifier: Apache-2.0
// A task that is not awaited does nothing.

#include "board.hpp"

task<> greet(board::echo_socket& echo);

task<> run(board::echo_socket echo) {
#ifndef TWIN
  greet(echo);
#else
  co_await greet(echo);
#endif
  co_return;
}
