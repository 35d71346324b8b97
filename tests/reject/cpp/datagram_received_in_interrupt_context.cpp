// EXPECT: receive() waits, and an interrupt handler must not wait
// SPDX-License-Identifier: Apache-2.0
// A handler cannot wait for a datagram.

#include "async/event.hpp"
#include "board.hpp"

void handle(board::echo_socket& echo, async::event& arrived, irq::context context) {
#ifndef TWIN
  echo.receive(context);
#else
  arrived.signal(context);
#endif
  (void)echo, (void)arrived;
}
