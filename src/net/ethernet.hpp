// SPDX-License-Identifier: Apache-2.0
// Ethernet II: addresses and the frame header (IEEE 802.3, clause 3).
#pragma once

#include <array>

#include "console/format.hpp"
#include "core/endian.hpp"
#include "core/units.hpp"

namespace osier::net {

struct alignas(2) mac_address {
  std::array<u8, 6> bytes;
  friend constexpr bool operator==(const mac_address&, const mac_address&) = default;

  // Whether it is one station's: neither a group's nor nobody's.
  constexpr bool is_station() const { return (bytes[0] & 1) == 0 && bytes != std::array<u8, 6>{}; }
};

inline constexpr mac_address broadcast_mac = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

void format_value(sink& out, const format_spec& spec, const mac_address& address);

enum class ether_type : u16 { ipv4 = 0x0800, arp = 0x0806 };

struct ethernet_header {
  mac_address destination;
  mac_address source;
  be16 type;
};
static_assert(sizeof(ethernet_header) == 14);

// The longest frame without VLAN tag and check sequence, in bytes; and what it carries.
inline constexpr std::size_t frame_limit = 1514;
inline constexpr std::size_t mtu = frame_limit - sizeof(ethernet_header);

}  // namespace osier::net
