// SPDX-License-Identifier: Apache-2.0
// A thousand Ethernet frames to everybody, of lengths from 60 to 1514 bytes, both included: the
// Ethertype of local experiments, the frame's number, and bytes that follow from it.
#include <cstring>

#include "machine.hpp"

namespace {

constexpr std::size_t frame_count = 1000;
constexpr std::size_t shortest = 60;
constexpr std::size_t step =
    11;  // from a length to the next: all of them differ, and the longest is among them
constexpr u16 local_experiment = 0x88b5;  // IEEE 802, §9.2.3

net::packet<net::packet_state::complete> written(net::packet<net::packet_state::building> frame,
                                                 const net::mac_address& sender,
                                                 std::size_t number) {
  const std::size_t length = shortest + number * step % (net::frame_limit - shortest + 1);
  const auto room = frame.room();
  const net::ethernet_header header = {
      .destination = net::broadcast_mac, .source = sender, .type = local_experiment};
  const be16 written_number = static_cast<u16>(number);
  std::memcpy(room.data(), &header, sizeof header);
  std::memcpy(room.data() + sizeof header, &written_number, sizeof written_number);
  for (std::size_t at = sizeof header + sizeof written_number; at < length; ++at) {
    room[at] = static_cast<std::byte>(at * 31 + number);
  }
  return std::move(frame).complete(length);
}

}  // namespace

task<> app_main(machine::console console, machine::net0 net0) {
  console.print("frames: sending from {}\n", net0.address);
  for (std::size_t number = 0; number < frame_count; ++number) {
    co_await net0.send(written(co_await net0.compose(), net0.address, number));
  }
  console.print("frames: sent {}\n", frame_count);
}
