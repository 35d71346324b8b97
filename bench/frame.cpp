// SPDX-License-Identifier: Apache-2.0
// Ethernet frames of the bench's client, byte by byte.
#include "frame.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace osier::bench {
namespace {

constexpr std::uint16_t ethertype_ipv4 = 0x0800;
constexpr std::uint16_t ethertype_arp = 0x0806;
constexpr std::uint8_t protocol_udp = 17;

// Offsets in the frame.
constexpr std::size_t ip_at = 14;
constexpr std::size_t ip_size = 20;
constexpr std::size_t udp_at = ip_at + ip_size;
constexpr std::size_t udp_size = 8;
constexpr std::size_t arp_at = 14;
constexpr std::size_t arp_size = 28;
static_assert(udp_at + udp_size == udp_header_size);

using bytes = std::span<std::uint8_t>;
using const_bytes = std::span<const std::uint8_t>;

void put16(bytes frame, std::size_t at, std::uint16_t value) {
  frame[at] = static_cast<std::uint8_t>(value >> 8);
  frame[at + 1] = static_cast<std::uint8_t>(value);
}

void put32(bytes frame, std::size_t at, std::uint32_t value) {
  put16(frame, at, static_cast<std::uint16_t>(value >> 16));
  put16(frame, at + 2, static_cast<std::uint16_t>(value));
}

std::uint16_t get16(const_bytes frame, std::size_t at) {
  return static_cast<std::uint16_t>(frame[at] << 8 | frame[at + 1]);
}

std::uint32_t get32(const_bytes frame, std::size_t at) {
  return std::uint32_t{get16(frame, at)} << 16 | get16(frame, at + 2);
}

void put_mac(bytes frame, std::size_t at, const mac_address& mac) {
  std::ranges::copy(mac, frame.begin() + static_cast<std::ptrdiff_t>(at));
}

mac_address get_mac(const_bytes frame, std::size_t at) {
  mac_address mac;
  std::ranges::copy(frame.subspan(at, mac.size()), mac.begin());
  return mac;
}

void write_ethernet(bytes frame, const mac_address& to, const mac_address& from,
                    std::uint16_t ethertype) {
  put_mac(frame, 0, to);
  put_mac(frame, 6, from);
  put16(frame, 12, ethertype);
}

// RFC 768: addresses, protocol and UDP length, which lie in the IPv4 header or nowhere.
std::uint32_t pseudo_header(const_bytes frame, std::size_t udp_length) {
  std::uint32_t sum = protocol_udp + static_cast<std::uint32_t>(udp_length);
  for (std::size_t at = ip_at + 12; at < udp_at; at += 2) sum += get16(frame, at);
  return sum;
}

}  // namespace

std::uint16_t checksum(const_bytes data, std::uint32_t seed) {
  // The sum is independent of the byte order (RFC 1071, 2B): native words, one swap at the end.
  std::uint64_t sum = 0;
  std::size_t at = 0;
  for (; at + 4 <= data.size(); at += 4) {
    std::uint32_t word;
    std::memcpy(&word, &data[at], sizeof word);
    sum += word;
  }
  std::uint32_t rest = 0;
  std::memcpy(&rest, data.data() + at, data.size() - at);
  sum += rest;
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  auto folded = static_cast<std::uint16_t>(sum);
  if constexpr (std::endian::native == std::endian::little) folded = __builtin_bswap16(folded);
  std::uint32_t total = folded + (seed >> 16) + (seed & 0xffff);
  while (total >> 16 != 0) total = (total & 0xffff) + (total >> 16);
  return static_cast<std::uint16_t>(~total);
}

void write_arp(bytes frame, const mac_address& to, const arp_packet& packet) {
  write_ethernet(frame, to, packet.sender_mac, ethertype_arp);
  put16(frame, arp_at, 1);  // hardware: Ethernet
  put16(frame, arp_at + 2, ethertype_ipv4);
  put16(frame, arp_at + 4, 0x0604);  // address lengths
  put16(frame, arp_at + 6, static_cast<std::uint16_t>(packet.operation));
  put_mac(frame, arp_at + 8, packet.sender_mac);
  put32(frame, arp_at + 14, packet.sender_ip);
  put_mac(frame, arp_at + 18, packet.target_mac);
  put32(frame, arp_at + 24, packet.target_ip);
  std::ranges::fill(frame.subspan(arp_at + arp_size), std::uint8_t{0});
}

std::optional<arp_packet> parse_arp(const_bytes frame) {
  if (frame.size() < arp_at + arp_size || get16(frame, 12) != ethertype_arp) return {};
  if (get16(frame, arp_at) != 1 || get16(frame, arp_at + 2) != ethertype_ipv4) return {};
  if (get16(frame, arp_at + 4) != 0x0604) return {};
  const auto operation = get16(frame, arp_at + 6);
  if (operation != 1 && operation != 2) return {};
  return arp_packet{.operation = arp_operation{operation},
                    .sender_mac = get_mac(frame, arp_at + 8),
                    .sender_ip = get32(frame, arp_at + 14),
                    .target_mac = get_mac(frame, arp_at + 18),
                    .target_ip = get32(frame, arp_at + 24)};
}

void write_udp_header(bytes frame, const endpoint& from, const endpoint& to) {
  write_ethernet(frame, to.mac, from.mac, ethertype_ipv4);

  put16(frame, ip_at, 0x4500);  // version 4, five words, no service class
  put16(frame, ip_at + 2, static_cast<std::uint16_t>(frame.size() - ip_at));
  put16(frame, ip_at + 4, 0);       // identification: meaningless in an atomic datagram (RFC 6864)
  put16(frame, ip_at + 6, 0x4000);  // do not fragment
  put16(frame, ip_at + 8, 64 << 8 | protocol_udp);
  put16(frame, ip_at + 10, 0);
  put32(frame, ip_at + 12, from.ip);
  put32(frame, ip_at + 16, to.ip);
  put16(frame, ip_at + 10, checksum(frame.subspan(ip_at, ip_size)));

  const std::size_t udp_length = frame.size() - udp_at;
  put16(frame, udp_at, from.port);
  put16(frame, udp_at + 2, to.port);
  put16(frame, udp_at + 4, static_cast<std::uint16_t>(udp_length));
  put16(frame, udp_at + 6, 0);
  const std::uint16_t sum = checksum(frame.subspan(udp_at), pseudo_header(frame, udp_length));
  put16(frame, udp_at + 6, sum == 0 ? 0xffff : sum);  // zero on the wire says "no checksum"
}

std::optional<datagram> parse_udp(const_bytes frame) {
  if (frame.size() < udp_header_size || get16(frame, 12) != ethertype_ipv4) return {};
  if (frame[ip_at] != 0x45 || frame[ip_at + 9] != protocol_udp) return {};
  if ((get16(frame, ip_at + 6) & 0x3fff) != 0) return {};  // a fragment
  if (checksum(frame.subspan(ip_at, ip_size)) != 0) return {};

  const std::size_t ip_length = get16(frame, ip_at + 2);
  if (ip_length < ip_size + udp_size || ip_length > frame.size() - ip_at) return {};
  const std::size_t udp_length = get16(frame, udp_at + 4);
  if (udp_length != ip_length - ip_size) return {};
  if (get16(frame, udp_at + 6) == 0) return {};
  const auto segment = frame.subspan(udp_at, udp_length);
  if (checksum(segment, pseudo_header(frame, udp_length)) != 0) return {};

  return datagram{.from = {.mac = get_mac(frame, 6),
                           .ip = get32(frame, ip_at + 12),
                           .port = get16(frame, udp_at)},
                  .to = {.mac = get_mac(frame, 0),
                         .ip = get32(frame, ip_at + 16),
                         .port = get16(frame, udp_at + 2)},
                  .payload = segment.subspan(udp_size)};
}

}  // namespace osier::bench
