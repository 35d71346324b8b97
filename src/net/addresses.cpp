// SPDX-License-Identifier: Apache-2.0
// How addresses are printed.
#include "net/ethernet.hpp"
#include "net/ipv4.hpp"
#include "net/udp.hpp"

namespace osier::net {

void format_value(sink& out, const format_spec&, const mac_address& address) {
  for (std::size_t i = 0; i < address.bytes.size(); ++i) {
    format_to(out, "{}{:02x}", i == 0 ? "" : ":", address.bytes[i]);
  }
}

void format_value(sink& out, const format_spec&, const ipv4_address& address) {
  const u32 bits = address.value;
  format_to(out, "{}.{}.{}.{}", bits >> 24, bits >> 16 & 0xff, bits >> 8 & 0xff, bits & 0xff);
}

void format_value(sink& out, const format_spec&, const endpoint& where) {
  format_to(out, "{}:{}", where.address, where.port);
}

}  // namespace osier::net
