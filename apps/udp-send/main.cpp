// SPDX-License-Identifier: Apache-2.0
// Sends five datagrams to its peer and prints the answers; status 2 where it cannot reach the peer.
#include <array>

#include "machine.hpp"

task<> app_main(machine::console console, machine::peer_socket peer) {
  for (unsigned number = 1; number <= 5; ++number) {
    auto message = co_await peer.compose();
    const std::array text = {std::byte('0' + number)};
    message.write(text);
    const auto sent = co_await peer.send_to(peer.remote(), std::move(message));
    if (!sent) {
      console.print("udp-send: {} does not answer\n", peer.remote());
      platform::end(2);
    }
    const auto answer = co_await peer.receive();
    console.print("udp-send: {} answered {} bytes\n", answer.sender(), answer.payload().size());
  }
}
