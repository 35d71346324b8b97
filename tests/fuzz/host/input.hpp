// SPDX-License-Identifier: Apache-2.0
// The bytes of one fuzzed input, taken from the front. Behind its end everything is 0.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>

#include "core/units.hpp"

namespace osier::fuzz {

class input {
 public:
  input() = default;
  input(const u8* bytes, std::size_t size) : left_{bytes, size} {}

  bool empty() const { return left_.empty(); }

  // A number, little-endian.
  template <class T>
  T take() {
    T value = 0;
    const auto found = take(sizeof value);
    if (!found.empty()) std::memcpy(&value, found.data(), found.size());
    return value;
  }

  // That many bytes, or as many as there are.
  std::span<const u8> take(std::size_t count) {
    const auto taken = left_.first(std::min(count, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }

 private:
  std::span<const u8> left_;
};

}  // namespace osier::fuzz
