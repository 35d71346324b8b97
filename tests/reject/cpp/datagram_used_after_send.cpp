// EXPECT: invalid invocation of method 'payload' on object 'answer' while it is in the 'consumed' state
// SPDX-License-Identifier: Apache-2.0
// A datagram that was sent cannot be read.

#include "board.hpp"

task<> run(board::echo_socket echo) {
  auto datagram = co_await echo.receive();
  auto answer = std::move(datagram).reply();
#ifndef TWIN
  co_await echo.send(std::move(answer)), answer.payload();
#else
  answer.payload(), co_await echo.send(std::move(answer));
#endif
}
