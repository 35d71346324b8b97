// SPDX-License-Identifier: Apache-2.0
// Ethernet frames, built and verified: ARP (RFC 826), IPv4 (RFC 791), UDP (RFC 768).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace osier::bench {

using mac_address = std::array<std::uint8_t, 6>;
using ipv4_address = std::uint32_t;  // host byte order

inline constexpr mac_address broadcast_mac = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

struct endpoint {
  mac_address mac;
  ipv4_address ip;
  std::uint16_t port;
  bool operator==(const endpoint&) const = default;
};

constexpr ipv4_address ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return std::uint32_t{a} << 24 | std::uint32_t{b} << 16 | std::uint32_t{c} << 8 | d;
}

// The Internet checksum (RFC 1071) of `bytes`, to be stored big-endian; 0 over bytes that hold
// their own. `seed` adds 16-bit words that lie elsewhere (the pseudo header).
std::uint16_t checksum(std::span<const std::uint8_t> bytes, std::uint32_t seed = 0);

enum class arp_operation : std::uint16_t { request = 1, reply = 2 };

struct arp_packet {
  arp_operation operation;
  mac_address sender_mac;
  ipv4_address sender_ip;
  mac_address target_mac;
  ipv4_address target_ip;
};

inline constexpr std::size_t arp_frame_size = 60;   // padded to Ethernet's minimum
inline constexpr std::size_t udp_header_size = 42;  // Ethernet, IPv4 without options, UDP

// Fills all of `frame`, which has `arp_frame_size` bytes.
void write_arp(std::span<std::uint8_t> frame, const mac_address& to, const arp_packet& packet);

// Fills the first `udp_header_size` bytes; the payload, which the checksum covers, stands behind.
void write_udp_header(std::span<std::uint8_t> frame, const endpoint& from, const endpoint& to);

struct datagram {
  endpoint from;
  endpoint to;
  std::span<const std::uint8_t> payload;
};

// Nothing where the frame is of another kind, or wrong in any length or checksum. A UDP datagram
// without a checksum is refused as well: an image must not look fast by leaving it out.
std::optional<arp_packet> parse_arp(std::span<const std::uint8_t> frame);
std::optional<datagram> parse_udp(std::span<const std::uint8_t> frame);

}  // namespace osier::bench
