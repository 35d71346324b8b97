// SPDX-License-Identifier: Apache-2.0
// The Internet checksum: blocks as the architecture adds them up, and what is left over.
#include "net/checksum.hpp"

#include <bit>

#include "arch.hpp"

namespace osier::net {
namespace {

static_assert(std::endian::native == std::endian::little);

using adder = arch::word_sum;
constexpr std::size_t block = adder::words * sizeof(adder::word);  // in bytes
static_assert(block == 64, "what is left over is summed up in 32, 16, 8, 4, 2 and 1");

// SAFETY: both: the caller guarantees alignment; packet buffers are plain memory without type.
[[gnu::always_inline]] inline u64 word_at(const std::byte* at) {
  return *reinterpret_cast<const u32*>(at);
}
[[gnu::always_inline]] inline void add_block(adder& total, const std::byte* at) {
  total.add(reinterpret_cast<const adder::word*>(at));
}

// What is less than a block: words of 32 bits into 64, so that no carry is lost.
template <std::size_t Bytes>
[[gnu::always_inline]] inline partial_sum add_words(partial_sum total, const std::byte* at) {
#pragma clang loop unroll(full)
  for (std::size_t i = 0; i < Bytes; i += 4) total += word_at(at + i);
  return total;
}

}  // namespace

partial_sum sum(std::span<const std::byte> bytes) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  partial_sum result = 0;
  // SAFETY: the address is looked at, for its alignment.
  const auto address = reinterpret_cast<std::uintptr_t>(at);
  if (sizeof(adder::word) > 4 && address % sizeof(adder::word) != 0 && left >= 4) {
    result = word_at(at);
    left -= 4, at += 4;
  }
  adder total;
  for (const std::byte* end = at + left / (2 * block) * (2 * block); at != end; at += 2 * block) {
    add_block(total, at);
    add_block(total, at + block);
  }
  if ((left & block) != 0) add_block(total, at), at += block;
  result += total.value();
  if ((left & 48) != 0) {
    if ((left & 32) != 0) result = add_words<32>(result, at), at += 32;
    if ((left & 16) != 0) result = add_words<16>(result, at), at += 16;
  }
  if ((left & 8) != 0) result = add_words<8>(result, at), at += 8;
  if ((left & 7) == 0) return result;
  if ((left & 4) != 0) result = add_words<4>(result, at), at += 4;
  if ((left & 2) != 0) {
    result += std::to_integer<u32>(at[0]) | std::to_integer<u32>(at[1]) << 8;
    at += 2;
  }
  if ((left & 1) != 0) result += std::to_integer<u32>(at[0]);
  return result;
}

}  // namespace osier::net
