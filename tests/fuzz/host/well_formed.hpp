// SPDX-License-Identifier: Apache-2.0
// Whether a frame that the stack sent is one that every receiver accepts, by the RFCs and without a
// line of src/net.
#pragma once

#include <algorithm>

#include "host/frames.hpp"

namespace osier::fuzz {

// What is wrong with an ARP message (RFC 826) of ours.
inline const char* what_is_wrong_with_arp(const host::bytes& frame) {
  if (frame.size() != 42) return "an ARP frame that is not 42 bytes long";
  if (host::half_at(frame, 14) != 1 || host::half_at(frame, 16) != 0x0800 || frame[18] != 6 ||
      frame[19] != 4) {
    return "an ARP message that is not of IPv4 over Ethernet";
  }
  if (!std::equal(host::our_ip.begin(), host::our_ip.end(), &frame[28])) {
    return "an ARP message that is not from our address";
  }
  return nullptr;
}

// What is wrong with an IPv4 packet (RFC 791, 768, 792) of ours.
inline const char* what_is_wrong_with_ipv4(const host::bytes& frame) {
  using host::operator+;
  constexpr std::size_t ip = 14, transport = 34;
  if (frame.size() < transport + 8) return "an IPv4 frame without a transport header";
  if (frame[ip] != 0x45) return "an IPv4 header with options";
  if (host::half_at(frame, ip + 2) != frame.size() - ip) return "a wrong length of an IPv4 packet";
  if (host::naive_sum({frame.begin() + ip, frame.begin() + transport}) != 0xffff) {
    return "a wrong checksum of an IPv4 header";
  }
  if (!std::equal(host::our_ip.begin(), host::our_ip.end(), &frame[ip + 12])) {
    return "an IPv4 packet that is not from our address";
  }
  const host::bytes body{frame.begin() + transport, frame.end()};
  if (frame[ip + 9] == 1) {
    return host::naive_sum(body) == 0xffff ? nullptr : "a wrong checksum of an ICMP message";
  }
  if (frame[ip + 9] != 17) return "an IPv4 packet of a protocol that we do not speak";
  if (host::half_at(body, 4) != body.size()) return "a wrong length of a UDP datagram";
  const host::bytes addresses{frame.begin() + ip + 12, frame.begin() + transport};
  const host::bytes pseudo =
      addresses + host::bytes{0, 17} + host::of(static_cast<u16>(body.size()));
  // 0 says that there is none, as that of an answer whose question had none.
  const bool holds = host::half_at(body, 6) == 0 || host::naive_sum(pseudo + body) == 0xffff;
  return holds ? nullptr : "a wrong checksum of a UDP datagram";
}

// nullptr where all is right.
inline const char* what_is_wrong(const host::bytes& frame) {
  if (frame.size() < 14 || frame.size() > 1514) return "a frame of an impossible length";
  if (!std::equal(host::our_mac.begin(), host::our_mac.end(), &frame[6])) {
    return "a frame that is not from our address";
  }
  const bool to_all = std::equal(host::everyone.begin(), host::everyone.end(), frame.begin());
  if ((frame[0] & 1) != 0 && !to_all) return "a frame to a group";
  switch (host::half_at(frame, 12)) {
    case 0x0806: return what_is_wrong_with_arp(frame);
    case 0x0800: return what_is_wrong_with_ipv4(frame);
    default: return "a frame of a protocol that we do not speak";
  }
}

}  // namespace osier::fuzz
