// EXPECT: calling a private constructor of class 'osier::boot::phase<entry>'
// SPDX-License-Identifier: Apache-2.0
// Only the boot is a boot: nobody else can make its phase, nor what is made of it.

#include "board.hpp"

task<> app_main(board::echo_socket echo) {
#ifndef TWIN
  board::echo_socket another{boot::phase<boot::entry>{}};
#else
  board::echo_socket another = std::move(echo);
#endif
  co_await another.send((co_await another.receive()).reply());
}
