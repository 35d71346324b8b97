// SPDX-License-Identifier: Apache-2.0
// Fields of a virtio device's configuration that cannot be read in one piece (virtio 1.2, §2.5.1).
#pragma once

#include "core/units.hpp"

namespace osier::virtio {

// Reads a 64-bit field in two pieces, anew where the device has changed it meanwhile.
template <class Transport>
u64 read_config_u64(std::size_t at) {
  for (;;) {
    const u32 before = Transport::config_generation();
    const u64 low = Transport::template read_config<u32>(at);
    const u64 high = Transport::template read_config<u32>(at + 4);
    if (Transport::config_generation() == before) return low | high << 32;
  }
}

}  // namespace osier::virtio
