// SPDX-License-Identifier: Apache-2.0
// The neighbour cache, and how an ARP frame is written.
#include "net/arp.hpp"

namespace osier::net {

std::optional<mac_address> arp_cache::find(ipv4_address address, time::instant now,
                                           hertz rate) const {
  for (std::size_t i = 0; i < used_; ++i) {
    const entry& known = entries_[i];
    if (known.address == address &&
        now.ticks - known.learned.ticks < time::ticks_in(arp_lifetime, rate)) {
      return known.mac;
    }
  }
  return std::nullopt;
}

void arp_cache::learn(ipv4_address address, const mac_address& mac, bool add, time::instant now) {
  entry* place = nullptr;
  for (std::size_t i = 0; i < used_; ++i) {
    if (entries_[i].address == address) place = &entries_[i];
  }
  if (place == nullptr) {
    if (!add) return;
    place = &entries_[next_];
    next_ = (next_ + 1) % places;
    if (used_ < places) ++used_;
  }
  *place = {address, mac, now};
  while (async::waiter* waiting = waiting_.pop_front()) async::make_ready(*waiting);
}

void send_arp(packet<packet_state::building> frame, arp_operation operation,
              const mac_address& our_mac, ipv4_address our_address, const mac_address& their_mac,
              ipv4_address their_address) {
  const bool to_all = operation == arp_operation::request;
  const ethernet_header ethernet = {.destination = to_all ? broadcast_mac : their_mac,
                                    .source = our_mac,
                                    .type = static_cast<u16>(ether_type::arp)};
  const arp_message message = {
      .hardware = arp_ethernet,
      .protocol = static_cast<u16>(ether_type::ipv4),
      .hardware_length = 6,
      .protocol_length = 4,
      .operation = static_cast<u16>(operation),
      .sender_mac = our_mac,
      .sender_ip = std::bit_cast<std::array<be16, 2>>(our_address),
      .target_mac = their_mac,
      .target_ip = std::bit_cast<std::array<be16, 2>>(their_address),
  };
  const auto room = frame.room();
  std::memcpy(room.data(), &ethernet, sizeof ethernet);
  std::memcpy(room.subspan<sizeof ethernet, sizeof message>().data(), &message, sizeof message);
  transmit(std::move(frame).complete(sizeof ethernet + sizeof message));
}

}  // namespace osier::net
