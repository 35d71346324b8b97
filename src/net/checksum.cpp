// SPDX-License-Identifier: Apache-2.0
// The Internet checksum, 32 bits at a time into a 64-bit sum, so that no carry is lost.
#include "net/checksum.hpp"

#include <bit>

namespace osier::net {

partial_sum sum(std::span<const std::byte> bytes) {
  // SAFETY: the caller guarantees alignment to 4; packet buffers are plain memory without type.
  const u32* word = reinterpret_cast<const u32*>(bytes.data());
  std::size_t words = bytes.size() / 4;
  partial_sum total = 0;
  for (; words >= 8; words -= 8, word += 8) {
    total += word[0];
    total += word[1];
    total += word[2];
    total += word[3];
    total += word[4];
    total += word[5];
    total += word[6];
    total += word[7];
  }
  while (words-- > 0) total += *word++;

  u32 rest = 0;
  const std::size_t left = bytes.size() % 4;
  const auto tail = bytes.last(left);
  for (std::size_t i = 0; i < left; ++i) {
    const unsigned shift = std::endian::native == std::endian::little ? 8 * i : 24 - 8 * i;
    rest |= std::to_integer<u32>(tail[i]) << shift;
  }
  return total + rest;
}

}  // namespace osier::net
