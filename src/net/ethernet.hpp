// SPDX-License-Identifier: Apache-2.0
// Ethernet II: addresses and the frame header (IEEE 802.3, clause 3).
#pragma once

#include <array>
#include <bit>

#include "console/format.hpp"
#include "core/endian.hpp"
#include "core/units.hpp"

namespace osier::net {

struct alignas(2) mac_address {
  std::array<u8, 6> bytes;

  // Three words at once: every frame is asked whose it is.
  friend constexpr bool operator==(const mac_address& a, const mac_address& b) {
    const auto x = std::bit_cast<std::array<u16, 3>>(a);
    const auto y = std::bit_cast<std::array<u16, 3>>(b);
    return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2])) == 0;
  }

  // Whether it is one station's: neither a group's nor nobody's.
  constexpr bool is_station() const;
};

constexpr bool mac_address::is_station() const {
  return (bytes[0] & 1) == 0 && *this != mac_address{};
}

inline constexpr mac_address broadcast_mac = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

void format_value(sink& out, const format_spec& spec, const mac_address& address);

enum class ether_type : u16 { ipv4 = 0x0800, arp = 0x0806 };

struct ethernet_header {
  mac_address destination;
  mac_address source;
  be16 type;
};
static_assert(sizeof(ethernet_header) == 14);

// Source and type of a header as the one word that they are, the first byte the lowest.
constexpr u64 source_and_type(const mac_address& source, ether_type type) {
  struct pair {
    mac_address source;
    be16 type;
  };
  static_assert(std::endian::native == std::endian::little);
  return std::bit_cast<u64>(pair{source, static_cast<u16>(type)});
}

// The longest frame without VLAN tag and check sequence, in bytes; and what it carries.
inline constexpr std::size_t frame_limit = 1514;
inline constexpr std::size_t mtu = frame_limit - sizeof(ethernet_header);

}  // namespace osier::net
