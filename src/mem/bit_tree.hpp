// SPDX-License-Identifier: Apache-2.0
// A set of numbers below a bound, whose least is found in O(log64 bound): a bit for each number,
// above that a bit for each word that is not zero, and so on up to one word.
#pragma once

#include <array>
#include <bit>
#include <optional>
#include <span>

#include "core/units.hpp"

namespace osier::mem {

class bit_tree {
 public:
  // Words that a set needs; a bound is at least 1 and at most 64^levels.
  static constexpr std::size_t words(std::size_t bound) {
    std::size_t total = 0;
    do {
      bound = (bound + 63) / 64;
      total += bound;
    } while (bound > 1);
    return total;
  }
  static constexpr std::size_t levels = 5;

  bit_tree() = default;

  // An empty set over words(bound) words that are 0 and outlive it.
  bit_tree(std::span<u64> words, std::size_t bound) {
    do {
      bound = (bound + 63) / 64;
      levels_[depth_++] = words.first(bound);
      words = words.subspan(bound);
    } while (bound > 1);
  }

  bool contains(std::size_t number) const { return (levels_[0][number / 64] & bit(number)) != 0; }

  void insert(std::size_t number) {
    for (std::size_t level = 0; level < depth_; ++level, number /= 64) {
      levels_[level][number / 64] |= bit(number);
    }
  }

  void erase(std::size_t number) {
    for (std::size_t level = 0; level < depth_; ++level, number /= 64) {
      u64& word = levels_[level][number / 64];
      word &= ~bit(number);
      if (word != 0) return;
    }
  }

  // The least number of the set, if it has any.
  std::optional<std::size_t> first() const {
    if (levels_[depth_ - 1][0] == 0) return std::nullopt;
    std::size_t number = 0;
    for (std::size_t level = depth_; level-- > 0;) {
      number = number * 64 + static_cast<std::size_t>(std::countr_zero(levels_[level][number]));
    }
    return number;
  }

 private:
  static constexpr u64 bit(std::size_t number) { return u64{1} << number % 64; }

  std::array<std::span<u64>, levels> levels_ = {};  // the numbers first, the one word last
  std::size_t depth_ = 0;
};

}  // namespace osier::mem
