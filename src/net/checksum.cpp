// SPDX-License-Identifier: Apache-2.0
// The Internet checksum, in the CPU's words where it adds them with their carry at no cost, else 32
// bits at a time into what is wider; so that no carry is lost.
#include "net/checksum.hpp"

#include <bit>
#include <type_traits>

#include "arch.hpp"

namespace osier::net {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr bool wraps = arch::adds_with_carry;
using word = std::conditional_t<wraps, unsigned long, u32>;
// Where `wraps`, a carry out of it comes back in at its end: the sum is one modulo its largest
// value.
using accumulator = std::conditional_t<wraps, unsigned long, u64>;

// In bytes: as much as the registers of the CPU hold side by side.
constexpr std::size_t block = wraps ? 8 * sizeof(word) : 64;

// Adds `Bytes` at a multiple of the word's size, or of theirs.
template <std::size_t Bytes>
[[gnu::always_inline]] inline accumulator add(accumulator total, const std::byte* at) {
  using piece = std::conditional_t<(Bytes < sizeof(word)), u32, word>;
  // SAFETY: the caller guarantees alignment; packet buffers are plain memory without type.
  const piece* pieces = reinterpret_cast<const piece*>(at);
  if constexpr (wraps) {
    unsigned long carry = 0;
#pragma clang loop unroll(full)
    for (std::size_t i = 0; i < Bytes / sizeof(piece); ++i) {
      total = __builtin_addcl(total, pieces[i], carry, &carry);
    }
    return total + carry;  // the last sum is not all ones where it has carried
  } else {
#pragma clang loop unroll(full)
    for (std::size_t i = 0; i < Bytes / sizeof(piece); ++i) total += pieces[i];
    return total;
  }
}

}  // namespace

partial_sum sum(std::span<const std::byte> bytes) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  accumulator total = 0;
  // SAFETY: the address is looked at, for its alignment.
  const auto address = reinterpret_cast<std::uintptr_t>(at);
  if (sizeof(word) > 4 && address % sizeof(word) != 0 && left >= 4) {
    total = add<4>(total, at);
    left -= 4, at += 4;
  }
  for (; left >= 2 * block; left -= 2 * block, at += 2 * block) {
    total = add<block>(total, at);
    total = add<block>(total, at + block);
  }
  if ((left & block) != 0) total = add<block>(total, at), at += block;
  if (block > 32 && (left & 32) != 0) total = add<32>(total, at), at += 32;
  if ((left & 16) != 0) total = add<16>(total, at), at += 16;
  if ((left & 8) != 0) total = add<8>(total, at), at += 8;
  if ((left & 4) != 0) total = add<4>(total, at), at += 4;

  partial_sum result = (u64{total} >> 32) + static_cast<u32>(total);
  if ((left & 2) != 0) {
    result += std::to_integer<u32>(at[0]) | std::to_integer<u32>(at[1]) << 8;
    at += 2;
  }
  if ((left & 1) != 0) result += std::to_integer<u32>(at[0]);
  return result;
}

}  // namespace osier::net
