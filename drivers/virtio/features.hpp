// SPDX-License-Identifier: Apache-2.0
// Facts of virtio that every device shares: features, status bits, device ids (virtio 1.2, §2, §5,
// §6).
#pragma once

#include <string_view>

#include "core/units.hpp"

namespace osier::virtio {

// A set of feature bits, offered or accepted.
using features = u64;

inline constexpr features event_index = features{1} << 29;  // VIRTIO_F_EVENT_IDX, §2.7.10
inline constexpr features version_1 = features{1} << 32;    // VIRTIO_F_VERSION_1, §6

// Device status bits (§2.1).
enum status : u32 {
  status_reset = 0,
  status_acknowledge = 1,
  status_driver = 2,
  status_driver_ok = 4,
  status_features_ok = 8,
  status_failed = 128,
};

// What a device id stands for (§5), for messages.
constexpr std::string_view device_name(u32 id) {
  switch (id) {
    case 0: return "nothing plugged in";
    case 1: return "network";
    case 2: return "block";
    case 3: return "console";
    case 4: return "entropy";
    case 16: return "gpu";
    case 18: return "input";
    default: return "another device";
  }
}

}  // namespace osier::virtio
