// SPDX-License-Identifier: Apache-2.0
// The interface and the sockets that the generator would make for tests on the host.
#pragma once

#include <array>

#include "host/frames.hpp"
#include "host/platform.hpp"
#include "net/interface.hpp"
#include "net/ipv4.hpp"
#include "net/udp_socket.hpp"

namespace osier::host {

constexpr net::ipv4_address address_of(const ip& bytes) {
  return {bytes[0], bytes[1], bytes[2], bytes[3]};
}

struct net_config {
  static constexpr net::mac_address mac = {host::our_mac};
  static constexpr net::ipv4_address address = address_of(our_ip);
  static constexpr u8 prefix_length = 24;
  static constexpr net::ipv4_address gateway = address_of(gateway_ip);
};

struct net_config_without_gateway : net_config {
  static constexpr net::ipv4_address gateway = net::no_address;
};

struct echo {
  static constexpr u16 port = 7;
};
struct other {
  static constexpr u16 port = 65535;
};

inline constexpr std::array sockets = {
    net::bound_socket{.port = echo::port, .queue = &net::queue_of<echo>},
    net::bound_socket{.port = other::port, .queue = &net::queue_of<other>},
};
using interface = net::interface<net_config, sockets>;

// A stack as it is after boot: no neighbour known, nothing counted, nothing queued.
inline void renew_stack() {
  renew(net::neighbours);
  renew(net::statistics);
  renew(net::queue_of<echo>);
  renew(net::queue_of<other>);
}

}  // namespace osier::host
