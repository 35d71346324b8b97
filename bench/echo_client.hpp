// SPDX-License-Identifier: Apache-2.0
// A UDP echo client on the wire: answers and asks ARP, keeps a window of datagrams outstanding, and
// verifies every echo byte for byte.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <stdexcept>
#include <vector>

#include "frame.hpp"
#include "wire.hpp"

namespace osier::bench {

struct echo_load {
  std::uint32_t window;                    // datagrams outstanding
  std::size_t payload;                     // bytes of UDP payload, at least the sequence number's 8
  std::uint64_t packets;                   // datagrams to send in all
  std::chrono::milliseconds timeout{250};  // an answer that comes later does not count
  std::chrono::milliseconds patience{10'000};  // without any answer, before the guest is given up
};

// The guest answers nothing any more. What it says begins with how many it has answered.
struct guest_silent : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct echo_result {
  std::uint64_t answered = 0;          // echoed in time and byte-exact
  std::uint64_t lost = 0;              // not answered in time: abandoned, the window moves on
  std::uint64_t corrupt = 0;           // echoes with other bytes; their datagrams are lost
  std::chrono::nanoseconds elapsed{};  // from the first datagram to the last answer
  std::vector<std::chrono::nanoseconds> latencies;  // one an answer

  // Reorders `latencies`. 0 where nothing was answered.
  std::chrono::nanoseconds percentile(double percent);
};

class echo_client {
 public:
  // `server.mac` is the broadcast address until the server has answered ARP.
  echo_client(wire& wire, const endpoint& self, ipv4_address server_ip, std::uint16_t server_port);

  // Asks ARP, then sends a datagram, every millisecond anew until an echo comes back: the time at
  // which it came, or nothing when `until` has passed. A guest without ARP, which only swaps
  // addresses, is sent broadcasts after a while.
  std::optional<clock::time_point> first_echo(clock::time_point until);

  // The closed loop. Precondition: `first_echo` has succeeded. Throws `guest_silent` where nothing
  // is answered for `load.patience`.
  echo_result run(const echo_load& load);

 private:
  struct outstanding {
    clock::time_point sent;
    std::size_t payload;
    bool answered = false;
  };

  void send_arp(arp_operation operation, const mac_address& to, ipv4_address ip);
  void send_datagram(std::size_t payload, clock::time_point now);
  void handle(std::span<const std::uint8_t> frame, clock::time_point now, echo_result& result);
  void handle_echo(std::span<const std::uint8_t> payload, clock::time_point now,
                   echo_result& result);
  void abandon(clock::time_point sent_before, echo_result& result);
  void drop_settled();

  wire& wire_;
  endpoint self_;
  endpoint server_;
  std::deque<outstanding> outstanding_;  // in the order of sending; `first_` numbers the front
  std::uint64_t first_ = 0;
  std::uint64_t unanswered_ = 0;
};

}  // namespace osier::bench
