// SPDX-License-Identifier: Apache-2.0
// ChaCha20 (RFC 8439, §2.1 to §2.3), and the generator over it.
#include "entropy/generator.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace osier::entropy {
namespace {

static_assert(std::endian::native == std::endian::little, "the words below are taken as they lie");

using state = std::array<u32, 16>;

void quarter_round(u32& a, u32& b, u32& c, u32& d) {
  a += b, d = std::rotl(d ^ a, 16);
  c += d, b = std::rotl(b ^ c, 12);
  a += b, d = std::rotl(d ^ a, 8);
  c += d, b = std::rotl(b ^ c, 7);
}

}  // namespace

chacha20_block chacha20(const chacha20_key& key, u32 counter, const chacha20_nonce& nonce) {
  state begin = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  std::memcpy(&begin[4], key.data(), sizeof key);
  begin[12] = counter;
  std::memcpy(&begin[13], nonce.data(), sizeof nonce);
  state x = begin;
  for (int round = 0; round < 10; ++round) {
    for (unsigned i = 0; i < 4; ++i) quarter_round(x[i], x[4 + i], x[8 + i], x[12 + i]);
    for (unsigned i = 0; i < 4; ++i) {
      quarter_round(x[i], x[4 + (i + 1) % 4], x[8 + (i + 2) % 4], x[12 + (i + 3) % 4]);
    }
  }
  for (unsigned i = 0; i < x.size(); ++i) x[i] += begin[i];
  return std::bit_cast<chacha20_block>(x);
}

void generator::fill(std::span<std::byte> wanted) {
  const chacha20_key key = key_;
  u32 counter = 0;
  chacha20_block block = chacha20(key, counter, {});
  std::copy_n(block.begin(), key_.size(), key_.begin());
  std::span<const std::byte> rest = std::span{block}.subspan(key_.size());
  while (!wanted.empty()) {
    if (rest.empty()) {
      block = chacha20(key, ++counter, {});
      rest = block;
    }
    const std::size_t count = std::min(rest.size(), wanted.size());
    std::ranges::copy(rest.first(count), wanted.begin());
    rest = rest.subspan(count);
    wanted = wanted.subspan(count);
  }
}

}  // namespace osier::entropy
