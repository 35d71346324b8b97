// SPDX-License-Identifier: Apache-2.0
// ICMP (RFC 792): echo, answered in the buffer that it came in.
#pragma once

#include <expected>
#include <span>

#include "core/endian.hpp"
#include "net/checksum.hpp"
#include "net/counters.hpp"
#include "net/ipv4.hpp"

namespace osier::net {

enum class icmp_type : u8 { echo_reply = 0, echo_request = 8 };

struct icmp_header {
  icmp_type type;
  u8 code;
  u16 checksum;  // as it lies in memory
  be16 identifier;
  be16 sequence;
};
static_assert(sizeof(icmp_header) == 8);

// An echo request that may be answered. Only parse_echo_request() makes one.
class echo_request_view : public header_view<icmp_header> {
  friend std::expected<echo_request_view, drop> parse_echo_request(const ipv4_view& packet);
  using header_view::header_view;
};

inline std::expected<echo_request_view, drop> parse_echo_request(const ipv4_view& packet) {
  const std::span<const std::byte> bytes = packet.payload();
  const auto* header = whole_header<icmp_header>(bytes);
  if (header == nullptr) return std::unexpected{drop::too_short};
  if (!checksum_holds(sum(bytes))) return std::unexpected{drop::bad_checksum};
  if (header->type != icmp_type::echo_request || header->code != 0) {
    return std::unexpected{drop::other_protocol};
  }
  return echo_request_view{*header, bytes.subspan(sizeof *header)};
}

// Turns a checked request into its reply: the type changes, and the checksum by as much (RFC 1624).
// Of one's complement's two zeros it takes 0xffff, the one that holds for a reply of all zeros too.
inline void make_echo_reply(icmp_header& header) {
  header.type = icmp_type::echo_reply;
  const be16 difference{static_cast<u16>(icmp_type::echo_request) << 8};
  const u16 updated = checksum_of(partial_sum{static_cast<u16>(~header.checksum)} +
                                  static_cast<u16>(~difference.wire()));
  header.checksum = updated != 0 ? updated : u16{0xffff};
}

}  // namespace osier::net
