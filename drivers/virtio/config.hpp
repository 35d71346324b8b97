// SPDX-License-Identifier: Apache-2.0
// Fields of a virtio device's configuration that cannot be read in one piece (virtio 1.2, §2.5.1).
#pragma once

#include "core/panic.hpp"
#include "core/units.hpp"

namespace osier::virtio {

// How often a field is read that changes each time.
inline constexpr u32 config_patience = 1000;

// Reads a 64-bit field in two pieces, anew where the device has changed it meanwhile.
template <class Transport>
u64 read_config_u64(std::size_t at) {
  for (u32 attempt = 0; attempt < config_patience; ++attempt) {
    const u32 before = Transport::config_generation();
    const u64 low = Transport::template read_config<u32>(at);
    const u64 high = Transport::template read_config<u32>(at + 4);
    if (Transport::config_generation() == before) return low | high << 32;
  }
  panic_at(Transport::node::path,
           "expected a configuration that holds still, found it changed at {} readings",
           config_patience);
}

}  // namespace osier::virtio
