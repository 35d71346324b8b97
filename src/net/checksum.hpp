// SPDX-License-Identifier: Apache-2.0
// The Internet checksum (RFC 1071): the one's complement sum of 16-bit words.
#pragma once

#include <bit>
#include <span>

#include "core/units.hpp"

namespace osier::net {

// An unfolded sum. Sums add up in any order, and the order of bytes does not matter (RFC 1071, §2).
using partial_sum = u64;

// The sum of bytes that start at a multiple of 4; an odd last byte counts as if 0 followed.
partial_sum sum(std::span<const std::byte> bytes);

// Folds the carries back in, until 16 bits remain: a word plus itself with its halves swapped has
// in its upper half the sum of both and the carry.
constexpr u16 fold(partial_sum total) {
  const u32 half = static_cast<u32>((total + std::rotr(total, 32)) >> 32);
  return static_cast<u16>((half + std::rotr(half, 16)) >> 16);
}

// The checksum field that makes a sum come out right, in the order of memory.
constexpr u16 checksum_of(partial_sum total) { return static_cast<u16>(~fold(total)); }

// Whether a sum that includes its checksum field is right: 0xffff when folded, so a multiple of it,
// and not 0. 0xffff times `ones` is -1, in the CPU's words: so -ones divides by it, exactly where
// there is no remainder, and what has one comes out larger than any quotient (Granlund and
// Montgomery, 1994).
constexpr bool checksum_holds(partial_sum total) {
  using word = std::size_t;
  constexpr auto ones = static_cast<word>(0x0001'0001'0001'0001);
  auto value = static_cast<word>(total);
  if constexpr (sizeof(word) == 4) {
    const auto upper = static_cast<word>(total >> 32);
    value += upper;
    value += static_cast<word>(value < upper);  // the carry comes back in
  }
  return static_cast<word>(value * -ones) - 1 < ones;
}

}  // namespace osier::net
