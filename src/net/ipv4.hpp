// SPDX-License-Identifier: Apache-2.0
// IPv4 (RFC 791): addresses, the header, and the checks that a received one must pass.
#pragma once

#include <array>
#include <cstring>
#include <expected>
#include <span>

#include "console/format.hpp"
#include "core/endian.hpp"
#include "core/units.hpp"
#include "net/checksum.hpp"
#include "net/counters.hpp"
#include "net/header.hpp"

namespace osier::net {

// The bits of an address that name its network, as they lie in memory.
constexpr u32 network_mask(u8 prefix_length) {
  return be32{prefix_length == 0 ? 0 : ~u32{0} << (32 - prefix_length)}.wire();
}

struct ipv4_address {
  be32 value;

  constexpr ipv4_address() = default;
  constexpr explicit ipv4_address(be32 bits) : value{bits} {}
  constexpr ipv4_address(u8 a, u8 b, u8 c, u8 d)
      : value{u32{a} << 24 | u32{b} << 16 | u32{c} << 8 | d} {}
  friend constexpr bool operator==(ipv4_address a, ipv4_address b) {
    return a.value.wire() == b.value.wire();
  }

  // Whether two addresses have the same first bits.
  constexpr bool same_network(ipv4_address other, u8 prefix_length) const {
    return ((value.wire() ^ other.value.wire()) & network_mask(prefix_length)) == 0;
  }
};

inline constexpr ipv4_address no_address{0, 0, 0, 0};

// Whether another host of our network's world can have this address (RFC 1122, §3.2.1.3): not "this
// host", loopback, a group, reserved, the network itself, its broadcast address, or our own.
constexpr bool can_be_source(ipv4_address source, ipv4_address own, u8 prefix_length) {
  const u32 first = source.value >> 24;
  const bool is_host = first != 0 && first != 127 && first < 224;
  if (!source.same_network(own, prefix_length)) return is_host;
  const u32 hosts = ~network_mask(prefix_length);
  const u32 host = source.value.wire() & hosts;
  // Who shares our first byte is a host by it if we are.
  return host != 0 && host != hosts && source != own && (prefix_length >= 8 || is_host);
}

void format_value(sink& out, const format_spec& spec, const ipv4_address& address);

enum class ip_protocol : u8 { icmp = 1, udp = 17 };

struct ipv4_header {
  u8 version_and_words;
  u8 service;
  be16 total_length;
  be16 identification;
  be16 fragment;  // 0x8000 reserved, 0x4000 do not fragment, 0x2000 more fragments, offset
  u8 time_to_live;
  ip_protocol protocol;
  u16 checksum;  // as it lies in memory
  ipv4_address source;
  ipv4_address destination;
};
static_assert(sizeof(ipv4_header) == 20);

// A header has as many words as one can write down.
constexpr partial_sum sum(const ipv4_header& header) {
  partial_sum total = 0;
  for (const u32 word : std::bit_cast<std::array<u32, sizeof(ipv4_header) / 4>>(header)) {
    total += word;
  }
  return total;
}

// A header that has passed all checks: whole, of version 4, without options, unfragmented, with a
// good checksum; and the payload that its length names. Only parse_ipv4() makes one.
class ipv4_view : public header_view<ipv4_header> {
  friend std::expected<ipv4_view, drop> parse_ipv4(std::span<const std::byte> packet);
  using header_view::header_view;
};

// Checks what follows an Ethernet header, ethernet_view::payload(); padding at its end is allowed.
inline std::expected<ipv4_view, drop> parse_ipv4(std::span<const std::byte> packet) {
  const auto* whole = whole_header<ipv4_header>(packet);
  if (whole == nullptr) return std::unexpected{drop::too_short};
  const ipv4_header& header = *whole;
  if (header.version_and_words != 0x45) {
    return std::unexpected{header.version_and_words >> 4 == 4 && header.version_and_words > 0x45
                               ? drop::ip_options
                               : drop::bad_header};
  }
  const u16 total_length = header.total_length;
  if (total_length < sizeof(ipv4_header) || total_length > packet.size()) {
    return std::unexpected{drop::bad_length};
  }
  if (!checksum_holds(sum(header))) {
    return std::unexpected{drop::bad_checksum};
  }
  if ((header.fragment & 0xbfff) != 0) return std::unexpected{drop::fragment};
  return ipv4_view{header, packet.first(total_length).subspan(sizeof(ipv4_header))};
}

// A header of ours for `payload` bytes, with its checksum.
constexpr ipv4_header make_ipv4_header(ipv4_address source, ipv4_address destination,
                                       ip_protocol protocol, std::size_t payload) {
  ipv4_header made = {
      .version_and_words = 0x45,
      .service = 0,
      .total_length = static_cast<u16>(sizeof(ipv4_header) + payload),
      .identification = 0,
      .fragment = 0x4000,
      .time_to_live = 64,
      .protocol = protocol,
      .checksum = 0,
      .source = source,
      .destination = destination,
  };
  made.checksum = checksum_of(sum(made));
  return made;
}

}  // namespace osier::net
