// EXPECT: no matching conversion for functional-style cast from 'std::span<const std::byte>'
// SPDX-License-Identifier: Apache-2.0
// Nobody but the check makes a view.

#include "board.hpp"

bool is_arp(net::packet<net::packet_state::received> frame) {
#ifndef TWIN
  const auto ethernet = net::ethernet_view(frame.frame());
#else
  const auto ethernet = net::parse_ethernet(frame.frame()).value();
#endif
  return ethernet.carries(net::ether_type::arp);
}
