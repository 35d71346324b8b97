// SPDX-License-Identifier: Apache-2.0
// Integers as the network orders them: big-endian in memory, the host's order when read.
#pragma once

#include <bit>

#include "core/units.hpp"

namespace osier {

template <class T>
class big_endian {
 public:
  constexpr big_endian() = default;
  constexpr big_endian(T value) : wire_{swap(value)} {}
  constexpr operator T() const { return swap(wire_); }
  // The bits as they lie in memory: for checksums, which do not care about the order.
  constexpr T wire() const { return wire_; }

 private:
  static constexpr T swap(T value) {
    return std::endian::native == std::endian::big ? value : std::byteswap(value);
  }
  T wire_;
};

using be16 = big_endian<u16>;
using be32 = big_endian<u32>;

}  // namespace osier
