// SPDX-License-Identifier: Apache-2.0
// The I/O address space, for tests on the host: it records.
#pragma once

#include <map>
#include <vector>

#include "core/units.hpp"

namespace osier::arch {

struct port_access {
  u16 port;
  u64 value;
  std::size_t width;  // in bytes
  friend bool operator==(const port_access&, const port_access&) = default;
};
inline std::map<u16, u64> ports;
inline std::vector<port_access> port_writes;

template <class T>
T read_port(u16 port) {
  return static_cast<T>(ports[port]);
}

template <class T>
void write_port(u16 port, T value) {
  port_writes.push_back({port, value, sizeof(T)});
}

}  // namespace osier::arch
