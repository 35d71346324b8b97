// SPDX-License-Identifier: Apache-2.0
// Takes every packet buffer of the image, keeps them for a while, and gives them back by answering.
#include <array>
#include <optional>

#include "machine.hpp"
#include "time/timer.hpp"

task<> app_main(machine::echo_socket echo) {
  constexpr std::size_t every =
      machine::net_config::packet_buffers + machine::net_config::transmit_buffers;
  std::array<std::optional<net::datagram<net::packet_state::received>>, every> held;
  for (;;) {
    for (auto& place : held) place.emplace(co_await echo.receive());
    co_await time::sleep(std::chrono::milliseconds{300});
    for (auto& place : held) {
      if (place) co_await echo.send(std::move(*place).reply());
      place.reset();
    }
  }
}
