// EXPECT: invalid invocation of method 'sender' on object 'datagram' while it is in the 'consumed' state
// SPDX-License-Identifier: Apache-2.0
// A datagram that became its answer has no sender any more.

#include "board.hpp"

task<> run(board::echo_socket echo) {
  for (;;) {
    auto datagram = co_await echo.receive();
#ifndef TWIN
    co_await echo.send(std::move(datagram).reply()), datagram.sender();
#else
    datagram.sender(), co_await echo.send(std::move(datagram).reply());
#endif
  }
}
