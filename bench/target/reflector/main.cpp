// SPDX-License-Identifier: Apache-2.0
// What an echo costs without a stack: the drivers and the executor of udp-echo, and a swap of
// addresses. Nothing is checked but that what is swapped is there.
#include <algorithm>

#include "machine.hpp"

namespace {

// Where what is swapped lies in a UDP frame, in bytes from its start.
constexpr std::size_t sender_mac = 6;
constexpr std::size_t sender_ip = 26;
constexpr std::size_t receiver_ip = 30;
constexpr std::size_t sender_port = 34;
constexpr std::size_t receiver_port = 36;
constexpr std::size_t headers = 42;

void reflect(std::span<std::byte> frame, const net::mac_address& own) {
  if (frame.size() < headers) return;
  const auto part = [&](std::size_t offset) { return frame.begin() + offset; };
  std::copy_n(part(sender_mac), sizeof own, part(0));
  std::ranges::copy(std::as_bytes(std::span{own.bytes}), part(sender_mac));
  std::swap_ranges(part(sender_ip), part(receiver_ip), part(receiver_ip));
  std::swap_ranges(part(sender_port), part(receiver_port), part(receiver_port));
}

}  // namespace

task<> app_main(machine::console console, machine::net0 net0) {
  console.print("reflector: at {}\n", net0.address);
  for (;;) {
    auto answer = (co_await net0.receive()).answer();
    reflect(answer.frame(), net0.address);
    co_await net0.send(std::move(answer));
  }
}
