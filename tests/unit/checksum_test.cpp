// SPDX-License-Identifier: Apache-2.0
// The Internet checksum against the example of RFC 1071 and a naive sum.
#include "net/checksum.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <memory>
#include <random>

#include "core/endian.hpp"
#include "core/word_sum.hpp"
#include "host/frames.hpp"
#ifdef __x86_64__
#include "arch/x64/word_sum.hpp"
#endif

namespace osier::net {
namespace {

using host::bytes;

// A copy that ends where its heap block ends, `skew` words past a 16-byte boundary.
class placed {
 public:
  placed(const bytes& data, std::size_t skew)
      : block_{new std::byte[4 * skew + data.size()]}, skew_{4 * skew}, size_{data.size()} {
    if (size_ > 0) std::memcpy(block_.get() + skew_, data.data(), size_);
  }
  std::span<const std::byte> span() const { return {block_.get() + skew_, size_}; }

 private:
  std::unique_ptr<std::byte[]> block_;
  std::size_t skew_;
  std::size_t size_;
};

// The folded sum as a number in network order.
u16 folded(const bytes& data, std::size_t skew = 0) {
  return std::bit_cast<be16>(fold(sum(placed{data, skew}.span())));
}

TEST(checksum, the_example_of_rfc_1071) {
  EXPECT_EQ(folded({0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}), 0xddf2);
}

TEST(checksum, known_sums) {
  struct {
    bytes data;
    u16 expected;
  } const cases[] = {
      {{}, 0},
      {{0x01}, 0x0100},
      {{0x01, 0x02}, 0x0102},
      {{0x01, 0x02, 0x03}, 0x0402},
      {{0xff, 0xff}, 0xffff},
      {{0xff, 0xff, 0x00, 0x01}, 0x0001},
      {bytes(1500, 0xff), 0xffff},
      {bytes(1500, 0x00), 0x0000},
      // A header of IPv4, its checksum 0xb861 left out.
      {{0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
        0x00, 0x00, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7},
       static_cast<u16>(~0xb861)},
  };
  for (const auto& [data, expected] : cases) EXPECT_EQ(folded(data), expected) << data.size();
}

TEST(checksum, every_length_and_word_matches_a_naive_sum) {
  std::mt19937 random{1};
  for (std::size_t skew = 0; skew < 4; ++skew) {
    for (std::size_t size = 0; size <= 200; ++size) {
      const bytes data = host::pattern(size, random());
      ASSERT_EQ(folded(data, skew), host::naive_sum(data)) << size << " bytes";
    }
  }
  for (int round = 0; round < 2000; ++round) {
    const bytes data = host::pattern(random() % 1501, random());
    ASSERT_EQ(folded(data, random() % 4), host::naive_sum(data)) << data.size() << " bytes";
  }
}

TEST(checksum, full_words_lose_no_carry) {
  for (std::size_t size = 0; size <= 1500; ++size) {
    const bytes data(size, 0xff);
    ASSERT_EQ(folded(data), host::naive_sum(data)) << size;
  }
}

TEST(checksum, sums_of_parts_add_up) {
  const bytes whole = host::pattern(600);
  for (std::size_t cut = 0; cut <= 600; cut += 2) {
    const bytes front(whole.begin(), whole.begin() + cut);
    const bytes back(whole.begin() + cut, whole.end());
    const partial_sum total = sum(placed{front, 0}.span()) + sum(placed{back, 1}.span());
    ASSERT_EQ(fold(total), fold(sum(placed{whole, 0}.span()))) << cut;
  }
}

TEST(checksum, fold_keeps_every_carry) {
  struct {
    partial_sum total;
    u16 expected;
  } const cases[] = {
      {0, 0},
      {0xffff, 0xffff},
      {0x1'0000, 1},
      {0x1'ffff, 1},
      {0xffff'ffff, 0xffff},
      {~partial_sum{0}, 0xffff},
      {0x1'0000'0000, 1},
      {0xffff'ffff'0000'0001, 1},
      {0x8000'8000'8000'8000, 2},
  };
  for (const auto& [total, expected] : cases) EXPECT_EQ(fold(total), expected) << std::hex << total;
  std::mt19937_64 random{1};
  for (int i = 0; i < 10'000; ++i) {
    // In one's complement the value is the remainder modulo 0xffff, and 0 only for 0.
    const u64 total = random() >> random() % 64;
    const u64 rest = total % 0xffff;
    ASSERT_EQ(fold(total), rest == 0 && total != 0 ? 0xffff : rest);
  }
}

TEST(checksum, the_field_makes_the_sum_right) {
  std::mt19937 random{1};
  for (int round = 0; round < 1000; ++round) {
    bytes data = host::pattern(2 + random() % 100, random());
    data[0] = data[1] = 0;
    const u16 field = checksum_of(sum(placed{data, 0}.span()));
    std::memcpy(data.data(), &field, 2);
    ASSERT_TRUE(checksum_holds(sum(placed{data, 0}.span())));
    data[random() % data.size()] ^= static_cast<u8>(1 << random() % 8);
    ASSERT_FALSE(checksum_holds(sum(placed{data, 0}.span())));
  }
}

// What blocks are added up by, but for arm32's, against a sum that is wide enough.
template <class Sum>
void expect_no_carry_is_lost(std::span<const u32> words) {
  Sum total;
  const auto* at = reinterpret_cast<const typename Sum::word*>(words.data());
  for (std::size_t left = words.size(); left > 0; left -= 16, at += Sum::words) total.add(at);
  unsigned __int128 expected = 0;
  for (const u32 word : words) expected += word;
  EXPECT_EQ(total.value() % 0xffff, static_cast<u64>(expected % 0xffff));
  EXPECT_EQ(total.value() == 0, expected == 0) << "0 and 0xffff are two sums";
}

TEST(word_sum, loses_no_carry) {
  std::mt19937 random{1};
  for (const std::size_t blocks : {1u, 2u, 23u}) {
    alignas(8) std::array<u32, 23 * 16> words = {};
    const std::span<u32> used = std::span{words}.first(16 * blocks);
    for (const u32 kept : {0u, 0xffff'ffffu, 0x8000'0001u, 0xffff'0000u}) {
      for (int round = 0; round < 20; ++round) {
        for (u32& word : used) word = round == 0 ? kept : static_cast<u32>(random()) | kept;
        expect_no_carry_is_lost<counted_carry_sum>(used);
        expect_no_carry_is_lost<end_around_sum>(used);
#ifdef __x86_64__
        expect_no_carry_is_lost<arch::counted_carry_sum>(used);
#endif
      }
    }
  }
}

}  // namespace
}  // namespace osier::net
