// SPDX-License-Identifier: Apache-2.0
// ChaCha20 against the vectors of RFC 8439, and the generator against ChaCha20.
#include "entropy/generator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace osier::entropy {
namespace {

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    for (const unsigned digit :
         {static_cast<unsigned>(byte) >> 4, static_cast<unsigned>(byte) & 15})
      text += "0123456789abcdef"[digit];
  }
  return text;
}

chacha20_key counting_key() {
  chacha20_key key;
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::byte>(i);
  return key;
}

// RFC 8439, §2.3.2.
TEST(chacha20, of_the_example_block) {
  chacha20_nonce nonce = {};
  nonce[3] = std::byte{0x09};
  nonce[7] = std::byte{0x4a};
  EXPECT_EQ(hex(chacha20(counting_key(), 1, nonce)),
            "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
            "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e");
}

// RFC 8439, appendix A.1, vectors 1 and 2.
TEST(chacha20, of_zeros) {
  EXPECT_EQ(hex(chacha20({}, 0, {})),
            "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
            "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
  EXPECT_EQ(hex(chacha20({}, 1, {})),
            "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
            "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
}

std::vector<std::byte> filled(generator& from, std::size_t size) {
  std::vector<std::byte> bytes(size);
  from.fill(bytes);
  return bytes;
}

TEST(generator, gives_the_key_stream_behind_the_next_key) {
  const chacha20_key seed = counting_key();
  std::vector<std::byte> stream;
  for (u32 counter = 0; counter < 4; ++counter)
    std::ranges::copy(chacha20(seed, counter, {}), std::back_inserter(stream));
  for (const std::size_t size : {0U, 1U, 31U, 32U, 33U, 96U, 97U, 200U}) {
    generator random{seed};
    const std::vector<std::byte> expected(stream.begin() + 32,
                                          stream.begin() + 32 + static_cast<long>(size));
    EXPECT_EQ(filled(random, size), expected) << size;
  }
}

TEST(generator, never_uses_a_key_twice) {
  generator random{counting_key()};
  chacha20_key next;
  std::ranges::copy_n(chacha20(counting_key(), 0, {}).begin(), 32, next.begin());
  const auto first = filled(random, 40);
  generator from_next{next};
  const auto second = filled(random, 40);
  EXPECT_NE(first, second);
  EXPECT_EQ(second, filled(from_next, 40));
}

}  // namespace
}  // namespace osier::entropy
