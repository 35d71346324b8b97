// EXPECT: argument not in expected state; expected 'unconsumed', observed 'consumed'
// SPDX-License-Identifier: Apache-2.0
// An answer is sent once.

#include "board.hpp"

task<> run(board::echo_socket echo) {
  auto answer = (co_await echo.receive()).reply();
  co_await echo.send(std::move(answer));
#ifndef TWIN
  co_await echo.send(std::move(answer));
#else
  co_await echo.send((co_await echo.receive()).reply());
#endif
}
