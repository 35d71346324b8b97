// EXPECT: invalid invocation of method 'reply' on a temporary object while it is in the 'consumed' state
// SPDX-License-Identifier: Apache-2.0
// A datagram is answered once.

#include "board.hpp"

task<> run(board::echo_socket echo) {
  auto datagram = co_await echo.receive();
  co_await echo.send(std::move(datagram).reply());
#ifndef TWIN
  co_await echo.send(std::move(datagram).reply());
#else
  co_await echo.send((co_await echo.receive()).reply());
#endif
}
