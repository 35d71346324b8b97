// EXPECT: call to implicitly-deleted copy constructor of 'board::echo_socket'
// SPDX-License-Identifier: Apache-2.0
// A socket has one holder: it is moved, not copied.

#include "board.hpp"

task<> serve(board::echo_socket echo);

task<> run(board::echo_socket echo) {
#ifndef TWIN
  co_await serve(echo);
#else
  co_await serve(std::move(echo));
#endif
}
