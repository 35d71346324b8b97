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

// Whether a packet is an echo request that may be answered; else why it is dropped.
inline std::expected<void, drop> check_echo_request(const ipv4_view& packet) {
  const std::span<const std::byte> bytes = packet.payload();
  if (bytes.size() < sizeof(icmp_header)) return std::unexpected{drop::too_short};
  if (!checksum_holds(sum(bytes))) return std::unexpected{drop::bad_checksum};
  // SAFETY: the size was checked; the IP header before it was aligned and is 20 bytes long.
  const auto& header = *reinterpret_cast<const icmp_header*>(bytes.data());
  if (header.type != icmp_type::echo_request || header.code != 0) {
    return std::unexpected{drop::other_protocol};
  }
  return {};
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
