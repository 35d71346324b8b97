// SPDX-License-Identifier: Apache-2.0
// Answers every UDP datagram with itself.
#include "machine.hpp"

task<> app_main(machine::console console, machine::echo_socket echo) {
  console.print("udp-echo: listening on {}\n", echo.local);
  for (;;) {
    auto datagram = co_await echo.receive();          // owned by the app
    co_await echo.send(std::move(datagram).reply());  // owned by the device from here on
  }
}
