// SPDX-License-Identifier: Apache-2.0
// ARP (RFC 826): who on the local network has which Ethernet address.
#pragma once

#include <array>
#include <expected>
#include <optional>

#include "async/executor.hpp"
#include "core/endian.hpp"
#include "net/ethernet_view.hpp"
#include "net/ipv4.hpp"
#include "net/link.hpp"
#include "net/pool.hpp"
#include "time/timer.hpp"

namespace osier::net {

enum class arp_operation : u16 { request = 1, reply = 2 };

inline constexpr u16 arp_ethernet = 1;  // the hardware

// A message about IPv4 over Ethernet. Addresses of IP lie at odd halves of words: two be16 each.
struct arp_message {
  be16 hardware;  // arp_ethernet
  be16 protocol;  // ether_type::ipv4
  u8 hardware_length;
  u8 protocol_length;
  be16 operation;
  mac_address sender_mac;
  std::array<be16, 2> sender_ip;
  mac_address target_mac;
  std::array<be16, 2> target_ip;
};
static_assert(sizeof(arp_message) == 28);

// A message about IPv4 over Ethernet. Only parse_arp() makes one.
class arp_view : public header_view<arp_message> {
 public:
  ipv4_address sender() const { return std::bit_cast<ipv4_address>(header().sender_ip); }
  ipv4_address target() const { return std::bit_cast<ipv4_address>(header().target_ip); }

 private:
  friend std::expected<arp_view, drop> parse_arp(const ethernet_view& frame);
  using header_view::header_view;
};

inline std::expected<arp_view, drop> parse_arp(const ethernet_view& frame) {
  const auto* message = whole_header<arp_message>(frame.payload());
  if (message == nullptr) return std::unexpected{drop::too_short};
  if (message->hardware != arp_ethernet ||
      message->protocol != static_cast<u16>(ether_type::ipv4) || message->hardware_length != 6 ||
      message->protocol_length != 4) {
    return std::unexpected{drop::bad_header};
  }
  return arp_view{*message, frame.payload().subspan(sizeof *message)};
}

// How often an address is asked for, and how long each time before the next.
inline constexpr int arp_attempts = 4;
inline constexpr time::duration arp_patience = 500ms;
// How long an answer is believed.
inline constexpr time::duration arp_lifetime = 2min;

// The neighbours that we asked for or that asked us. The oldest place is used again when all are.
class arp_cache {
 public:
  // The Ethernet address of a neighbour, where it is known and young enough.
  std::optional<mac_address> find(ipv4_address address, time::instant now, hertz rate) const;

  // Notes what a neighbour said of itself. Where it is not known yet, only if `add`.
  void learn(ipv4_address address, const mac_address& mac, bool add, time::instant now);

  // Tasks that wait for an answer of any neighbour.
  async::wait_list& waiting() { return waiting_; }

 private:
  struct entry {
    ipv4_address address;
    mac_address mac;
    time::instant learned;
  };
  static constexpr std::size_t places = 16;
  std::array<entry, places> entries_ = {};
  std::size_t used_ = 0;
  std::size_t next_ = 0;
  async::wait_list waiting_;
};

// The image's neighbours. Task context.
inline constinit arp_cache neighbours;

// Writes an ARP message into a frame and sends it: a request to all, a reply to the one who asked.
void send_arp(packet<packet_state::building> frame, arp_operation operation,
              const mac_address& our_mac, ipv4_address our_address, const mac_address& their_mac,
              ipv4_address their_address);

// Says who we are to everybody, so that neighbours forget who had our address before (RFC 5227,
// §3).
template <class Config>
task<> announce() {
  send_arp(co_await packets.acquire(), arp_operation::request, Config::mac, Config::address,
           mac_address{}, Config::address);
}

// Where a packet for an address goes next: there, or to the gateway; nowhere without one.
template <class Config>
constexpr std::optional<ipv4_address> route(ipv4_address destination) {
  if (destination.same_network(Config::address, Config::prefix_length)) return destination;
  if (Config::gateway == no_address) return std::nullopt;
  return Config::gateway;
}

// The Ethernet address of a neighbour: known, or asked for with retries. Waits for the answer.
template <class Config>
task<std::optional<mac_address>> resolve(ipv4_address address) {
  const hertz rate = platform::timer_rate();
  for (int attempt = 0;; ++attempt) {
    if (const auto known = neighbours.find(address, platform::now(), rate)) co_return known;
    if (attempt == arp_attempts) co_return std::nullopt;
    // Not asked where no buffer is free: to wait for one would be for ever where those who hold
    // them all wait here.
    if (auto frame = packets.try_acquire()) {
      send_arp(*std::move(frame), arp_operation::request, Config::mac, Config::address,
               mac_address{}, address);
    }
    // Woken by every answer: only the moment ends an attempt.
    const time::instant until = time::after(arp_patience);
    while (!neighbours.find(address, platform::now(), rate) &&
           co_await time::wait_until{neighbours.waiting(), until}) {
    }
  }
}

}  // namespace osier::net
