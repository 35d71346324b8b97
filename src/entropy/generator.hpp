// SPDX-License-Identifier: Apache-2.0
// Random bytes without end from 32 that a device gave: ChaCha20 (RFC 8439) with its key replaced at
// each use, so that what was given out cannot be computed from what is in memory later.
#pragma once

#include <array>
#include <span>

#include "core/units.hpp"

namespace osier::entropy {

using chacha20_key = std::array<std::byte, 32>;
using chacha20_nonce = std::array<std::byte, 12>;
using chacha20_block = std::array<std::byte, 64>;

// A block of the key stream (RFC 8439, §2.3). Any context.
chacha20_block chacha20(const chacha20_key& key, u32 counter, const chacha20_nonce& nonce);

// Move-only: two generators of one state would give the same bytes. Task context.
class generator {
 public:
  // As good as the seed is: all of it from a device.
  explicit generator(const chacha20_key& seed) : key_{seed} {}
  generator(generator&&) = default;

  // Fills all of `wanted`; never waits. The key stream's first 32 bytes are the next key.
  void fill(std::span<std::byte> wanted);

 private:
  chacha20_key key_;
};

}  // namespace osier::entropy
