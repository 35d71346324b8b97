// EXPECT: app_main is given its sockets: take it as a parameter
// SPDX-License-Identifier: Apache-2.0
// A socket that no node describes cannot be made.

#include "board.hpp"

task<> serve([[maybe_unused]] board::echo_socket given) {
#ifndef TWIN
  board::echo_socket echo;
#else
  board::echo_socket echo = std::move(given);
#endif
  co_await echo.send((co_await echo.receive()).reply());
}
