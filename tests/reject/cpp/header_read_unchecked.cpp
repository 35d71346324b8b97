// EXPECT: parse_ipv4() first: it checks the header in front, and how long the packet is
// SPDX-License-Identifier: Apache-2.0
// A header is read of a view, and a view is made by a check of the length.

#include "board.hpp"

u16 port_of(net::packet<net::packet_state::received> frame) {
  const auto ethernet = net::parse_ethernet(frame.frame());
  const auto packet = net::parse_ipv4(ethernet->payload());
#ifndef TWIN
  const auto udp = (packet.has_value(), net::parse_udp(frame.frame()));
#else
  const auto udp = net::parse_udp(*packet);
#endif
  return udp->header().destination_port;
}
