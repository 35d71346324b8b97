// EXPECT: 'message' used after it was moved
// SPDX-License-Identifier: Apache-2.0
// STAGE: tidy
// A datagram of ours is sent once. What comes out of co_await is unknown to the compiler's
// analysis, so clang-tidy is the one to tell.

#include "board.hpp"

task<> run(board::echo_socket echo, net::endpoint first, net::endpoint second) {
  auto message = co_await echo.compose();
  (void)co_await echo.send_to(first, std::move(message));
#ifndef TWIN
  (void)co_await echo.send_to(second, std::move(message));
#else
  (void)co_await echo.send_to(second, co_await echo.compose());
#endif
}
