// EXPECT: a wait has not begun until it is awaited: co_await it
// SPDX-License-Identifier: Apache-2.0
// A wait that is not awaited does nothing.

#include "board.hpp"

task<> run(board::echo_socket echo) {
#ifndef TWIN
  echo.compose();
#else
  co_await echo.compose();
#endif
  co_return;
}
