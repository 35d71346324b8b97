// SPDX-License-Identifier: Apache-2.0
// Frames built byte by byte from the RFCs, without a line of src/net: what tests send and expect.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "core/units.hpp"

namespace osier::host {

using bytes = std::vector<u8>;
using mac = std::array<u8, 6>;
using ip = std::array<u8, 4>;

inline constexpr mac our_mac = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
inline constexpr mac their_mac = {0x02, 0x00, 0x00, 0x00, 0x00, 0x01};
inline constexpr mac gateway_mac = {0x02, 0x00, 0x00, 0x00, 0x00, 0xfe};
inline constexpr mac everyone = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
inline constexpr mac nobody = {};
inline constexpr ip our_ip = {10, 0, 2, 15};
inline constexpr ip their_ip = {10, 0, 2, 77};
inline constexpr ip gateway_ip = {10, 0, 2, 2};
inline constexpr ip far_ip = {192, 0, 2, 1};

inline bytes operator+(bytes first, const bytes& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

template <std::size_t N>
bytes of(const std::array<u8, N>& address) {
  return {address.begin(), address.end()};
}
inline bytes of(u16 number) { return {static_cast<u8>(number >> 8), static_cast<u8>(number)}; }
inline bytes of(std::string_view text) { return {text.begin(), text.end()}; }

inline void put(bytes& where, std::size_t at, u16 number) {
  where[at] = static_cast<u8>(number >> 8);
  where[at + 1] = static_cast<u8>(number);
}
inline u16 half_at(const bytes& where, std::size_t at) {
  return static_cast<u16>(where[at] << 8 | where[at + 1]);
}

// RFC 1071 as it is explained there: 16-bit words in network order, carries added at once.
inline u16 naive_sum(const bytes& data) {
  u32 sum = 0;
  for (std::size_t i = 0; i < data.size(); i += 2) {
    sum += static_cast<u32>(data[i] << 8 | (i + 1 < data.size() ? data[i + 1] : 0));
    if (sum > 0xffff) sum -= 0xffff;
  }
  return static_cast<u16>(sum);
}
inline u16 naive_checksum(const bytes& data) { return static_cast<u16>(~naive_sum(data)); }

inline bytes ethernet(const mac& to, const mac& from, u16 type, const bytes& payload) {
  return of(to) + of(from) + of(type) + payload;
}

struct ipv4_fields {
  ip source = their_ip;
  ip destination = our_ip;
  u8 protocol = 17;
  u8 version_and_words = 0x45;
  u16 fragment = 0x4000;
  u16 identification = 0;
  u8 service = 0;
  u8 time_to_live = 64;
  bytes options = {};
};

// Lengths and checksum are right; a test that wants them wrong changes them afterwards.
inline bytes ipv4(const ipv4_fields& fields, const bytes& payload) {
  const auto length = static_cast<u16>(20 + fields.options.size() + payload.size());
  bytes header = bytes{fields.version_and_words, fields.service} + of(length) +
                 of(fields.identification) + of(fields.fragment) +
                 bytes{fields.time_to_live, fields.protocol, 0, 0} + of(fields.source) +
                 of(fields.destination) + fields.options;
  put(header, 10, naive_checksum(header));
  return header + payload;
}

inline bytes pseudo_header(const ip& source, const ip& destination, std::size_t length) {
  return of(source) + of(destination) + bytes{0, 17} + of(static_cast<u16>(length));
}

inline bytes udp(const ip& source, u16 source_port, const ip& destination, u16 destination_port,
                 const bytes& payload) {
  const auto length = static_cast<u16>(8 + payload.size());
  bytes made = of(source_port) + of(destination_port) + of(length) + bytes{0, 0} + payload;
  const u16 checksum = naive_checksum(pseudo_header(source, destination, length) + made);
  put(made, 6, checksum != 0 ? checksum : u16{0xffff});
  return made;
}

inline bytes icmp(u8 type, u16 identifier, u16 sequence, const bytes& payload, u8 code = 0) {
  bytes made = bytes{type, code, 0, 0} + of(identifier) + of(sequence) + payload;
  put(made, 2, naive_checksum(made));
  return made;
}

inline bytes arp(u16 operation, const mac& sender, const ip& sender_ip, const mac& target,
                 const ip& target_ip) {
  return bytes{0, 1, 8, 0, 6, 4} + of(operation) + of(sender) + of(sender_ip) + of(target) +
         of(target_ip);
}

// Whole frames to us.
inline bytes udp_frame(u16 source_port, u16 port, const bytes& payload) {
  return ethernet(our_mac, their_mac, 0x0800,
                  ipv4({}, udp(their_ip, source_port, our_ip, port, payload)));
}
inline bytes ping_frame(u16 identifier, u16 sequence, const bytes& payload) {
  return ethernet(our_mac, their_mac, 0x0800,
                  ipv4({.protocol = 1}, icmp(8, identifier, sequence, payload)));
}
inline bytes arp_frame(u16 operation, const mac& sender, const ip& sender_ip, const ip& target_ip) {
  return ethernet(operation == 1 ? everyone : our_mac, sender, 0x0806,
                  arp(operation, sender, sender_ip, operation == 1 ? nobody : our_mac, target_ip));
}

// `size` bytes that look random and are the same in every run.
inline bytes pattern(std::size_t size, u32 seed = 1) {
  bytes made(size);
  for (u8& one : made) {
    seed = seed * 1'664'525 + 1'013'904'223;
    one = static_cast<u8>(seed >> 24);
  }
  return made;
}

}  // namespace osier::host
