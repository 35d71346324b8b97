// SPDX-License-Identifier: Apache-2.0
// A block of registers that stands in for a device's: plain memory, a record of what was written,
// and hooks for registers that act.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <ostream>
#include <vector>

#include "core/units.hpp"

namespace osier::host {

struct register_write {
  std::size_t offset;
  u64 value;
  std::size_t width = 4;  // in bytes
  friend bool operator==(const register_write&, const register_write&) = default;
  friend std::ostream& operator<<(std::ostream& out, const register_write& write) {
    return out << std::hex << "[" << write.offset << "] = " << write.value << std::dec << " ("
               << write.width << " bytes)";
  }
};

// Each `Tag` is a block of its own. An access that is not aligned to its width is an error.
template <class Tag>
struct registers {
  static inline std::map<std::size_t, u64> values;
  static inline std::vector<register_write> writes;
  static inline std::function<u64(std::size_t offset, u64 stored)> on_read;
  static inline std::function<void(std::size_t offset, u64 value)> on_write;

  static void reset() {
    values.clear();
    writes.clear();
    on_read = {};
    on_write = {};
  }

  template <class T = u32>
  static T read(std::size_t offset) {
    if (offset % sizeof(T) != 0) std::abort();
    const auto found = values.find(offset);
    const u64 stored = found != values.end() ? found->second : 0;
    return static_cast<T>(on_read ? on_read(offset, stored) : stored);
  }

  template <class T = u32>
  static void write(std::size_t offset, T value) {
    if (offset % sizeof(T) != 0) std::abort();
    values[offset] = value;
    writes.push_back({offset, value, sizeof(T)});
    if (on_write) on_write(offset, value);
  }
};

}  // namespace osier::host
