// EXPECT: a message of our own has no sender to go back to: send_to() names whom it is for
// SPDX-License-Identifier: Apache-2.0
// A message of our own has no way back to be sent on: it is sent to somebody.

#include "board.hpp"

task<> run(board::echo_socket echo) {
  auto message = co_await echo.compose();
#ifndef TWIN
  co_await echo.send(std::move(message));
#else
  co_await echo.send_to(board::echo_socket::local, std::move(message));
#endif
}
