// SPDX-License-Identifier: Apache-2.0
// UDP (RFC 768): the header, its checksum, and the check of a received one.
#pragma once

#include <expected>
#include <span>

#include "core/endian.hpp"
#include "core/units.hpp"
#include "net/checksum.hpp"
#include "net/counters.hpp"
#include "net/ipv4.hpp"

namespace osier::net {

struct udp_header {
  be16 source_port;
  be16 destination_port;
  be16 length;   // of header and payload, in bytes
  u16 checksum;  // as it lies in memory; 0: the sender made none
};
static_assert(sizeof(udp_header) == 8);

// The longest payload that one frame carries, in bytes.
inline constexpr std::size_t udp_payload_limit = mtu - sizeof(ipv4_header) - sizeof(udp_header);

// One end of a conversation.
struct endpoint {
  ipv4_address address;
  u16 port;
  friend constexpr bool operator==(endpoint, endpoint) = default;
};

void format_value(sink& out, const format_spec& spec, const endpoint& where);

// The part of the checksum that comes from the IP header. `length` is the UDP header's.
constexpr partial_sum pseudo_header_sum(ipv4_address source, ipv4_address destination,
                                        be16 length) {
  constexpr be16 protocol{static_cast<u16>(ip_protocol::udp)};
  return partial_sum{source.value.wire()} + destination.value.wire() + length.wire() +
         protocol.wire();
}

// A UDP header that has passed all checks, and its payload. Only parse_udp() makes one.
class udp_view : public header_view<udp_header> {
  friend std::expected<udp_view, drop> parse_udp(const ipv4_view& packet);
  using header_view::header_view;
};

inline std::expected<udp_view, drop> parse_udp(const ipv4_view& packet) {
  const std::span<const std::byte> bytes = packet.payload();
  const auto* whole = whole_header<udp_header>(bytes);
  if (whole == nullptr) return std::unexpected{drop::too_short};
  const udp_header& header = *whole;
  const u16 length = header.length;
  if (length < sizeof(udp_header) || length > bytes.size()) {
    return std::unexpected{drop::bad_length};
  }
  const std::span<const std::byte> datagram = bytes.first(length);
  if (header.checksum != 0) {
    const ipv4_header& ip = packet.header();
    if (!checksum_holds(pseudo_header_sum(ip.source, ip.destination, header.length) +
                        sum(datagram))) {
      return std::unexpected{drop::bad_checksum};
    }
  }
  return udp_view{header, datagram.subspan(sizeof(udp_header))};
}

std::expected<udp_view, drop> parse_udp(std::span<const std::byte>) =
    delete("parse_ipv4() first: it checks the header in front, and how long the packet is");

}  // namespace osier::net
