// EXPECT: temporary whose address is used as value of local variable 'bytes' will be destroyed at the end of the full-expression
// SPDX-License-Identifier: Apache-2.0
// A datagram's bytes live as long as the datagram.

#include "board.hpp"

task<std::size_t> run(board::echo_socket echo) {
  const auto datagram = co_await echo.receive();
#ifndef TWIN
  auto bytes = (co_await echo.receive()).payload();
#else
  auto bytes = datagram.payload();
#endif
  co_return bytes.size();
}
