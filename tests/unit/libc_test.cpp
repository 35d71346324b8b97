// SPDX-License-Identifier: Apache-2.0
// The memory functions, at all alignments, sizes and overlaps around the sizes of their loops.
//
// Buffers are of the exact size and on the heap, so that AddressSanitizer sees an access outside of
// them; UndefinedBehaviorSanitizer sees a word access that is not aligned.

#include <gtest/gtest.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

// The host keeps its own functions. no_builtin: or the compiler calls those from inside the loops.
#define memcpy osier_memcpy
#define memmove osier_memmove
#define memset osier_memset
#define memcmp osier_memcmp
#define strlen osier_strlen
#pragma clang attribute push(__attribute__((no_builtin)), apply_to = function)
#include "libc/mem.cpp"
#pragma clang attribute pop
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen

namespace {

constexpr size_t alignments = 16;
constexpr size_t sizes = 150;

// `size` bytes that end where the heap block ends, at `skew` bytes past a 16-byte boundary.
class buffer {
 public:
  buffer(size_t skew, size_t size) : block_(new unsigned char[skew + size]), skew_(skew) {}
  unsigned char* data() { return block_.get() + skew_; }

 private:
  std::unique_ptr<unsigned char[]> block_;
  size_t skew_;
};

std::vector<unsigned char> random_bytes(size_t size) {
  static std::mt19937 random(1);
  std::vector<unsigned char> bytes(size);
  for (auto& one : bytes) one = static_cast<unsigned char>(random());
  return bytes;
}

TEST(libc, memcpy_copies_at_every_alignment) {
  for (size_t to = 0; to < alignments; ++to) {
    for (size_t from = 0; from < alignments; ++from) {
      for (size_t size = 0; size < sizes; ++size) {
        const auto expected = random_bytes(size);
        buffer source(from, size);
        buffer destination(to, size);
        std::copy(expected.begin(), expected.end(), source.data());
        ASSERT_EQ(osier_memcpy(destination.data(), source.data(), size), destination.data());
        ASSERT_TRUE(std::equal(expected.begin(), expected.end(), destination.data()))
            << "to " << to << " from " << from << " size " << size;
      }
    }
  }
}

TEST(libc, memcpy_copies_a_frame) {
  for (size_t to = 0; to < 8; ++to) {
    for (size_t from = 0; from < 8; ++from) {
      const auto expected = random_bytes(1514);
      buffer source(from, 1514);
      buffer destination(to, 1514);
      std::copy(expected.begin(), expected.end(), source.data());
      osier_memcpy(destination.data(), source.data(), 1514);
      ASSERT_TRUE(std::equal(expected.begin(), expected.end(), destination.data()));
    }
  }
}

TEST(libc, memcpy_leaves_the_neighbours_alone) {
  for (size_t to = 0; to < alignments; ++to) {
    for (size_t size = 0; size < sizes; ++size) {
      std::vector<unsigned char> area(sizes + 2 * alignments, 0xaa);
      const auto source = random_bytes(size);
      osier_memcpy(area.data() + to, source.data(), size);
      ASSERT_TRUE(std::all_of(area.begin(), area.begin() + to, [](auto b) { return b == 0xaa; }));
      ASSERT_TRUE(
          std::all_of(area.begin() + to + size, area.end(), [](auto b) { return b == 0xaa; }));
    }
  }
}

TEST(libc, memmove_moves_at_every_overlap) {
  constexpr size_t room = 48;
  for (size_t from = 0; from < room; ++from) {
    for (size_t to = 0; to < room; ++to) {
      for (const size_t size : {0, 1, 7, 8, 15, 16, 17, 31, 32, 33, 40, 47, 63, 64, 65, 100, 129}) {
        auto area = random_bytes(room + size);
        auto expected = area;
        const std::vector<unsigned char> moved(area.begin() + from, area.begin() + from + size);
        std::copy(moved.begin(), moved.end(), expected.begin() + to);
        ASSERT_EQ(osier_memmove(area.data() + to, area.data() + from, size), area.data() + to);
        ASSERT_EQ(area, expected) << "to " << to << " from " << from << " size " << size;
      }
    }
  }
}

TEST(libc, memset_fills_at_every_alignment) {
  for (const int value : {0, 1, 0x7f, 0xff, -1, 0x1234}) {
    for (size_t to = 0; to < alignments; ++to) {
      for (size_t size = 0; size < sizes; ++size) {
        std::vector<unsigned char> area(to + size, 0xaa);
        auto expected = area;
        std::fill(expected.begin() + to, expected.end(), static_cast<unsigned char>(value));
        ASSERT_EQ(osier_memset(area.data() + to, value, size), area.data() + to);
        ASSERT_EQ(area, expected) << "to " << to << " size " << size << " value " << value;
      }
    }
  }
}

TEST(libc, memcmp_orders_by_the_first_difference) {
  const auto sign = [](int value) { return (value > 0) - (value < 0); };
  for (size_t left = 0; left < 8; ++left) {
    for (size_t right = 0; right < 8; ++right) {
      for (size_t size = 0; size < 40; ++size) {
        const auto bytes = random_bytes(size);
        buffer a(left, size);
        buffer b(right, size);
        std::copy(bytes.begin(), bytes.end(), a.data());
        std::copy(bytes.begin(), bytes.end(), b.data());
        ASSERT_EQ(osier_memcmp(a.data(), b.data(), size), 0);
        for (size_t at = 0; at < size; ++at) {
          // A later difference of the other sign must not count.
          b.data()[at] ^= 0x80;
          if (at + 1 < size) b.data()[size - 1] ^= 0xff;
          ASSERT_EQ(sign(osier_memcmp(a.data(), b.data(), size)),
                    sign(memcmp(a.data(), b.data(), size)));
          if (at + 1 < size) b.data()[size - 1] ^= 0xff;
          b.data()[at] ^= 0x80;
        }
      }
    }
  }
}

TEST(libc, strlen_counts_up_to_the_terminator) {
  for (size_t skew = 0; skew < 8; ++skew) {
    for (size_t size = 0; size < 40; ++size) {
      buffer text(skew, size + 1);
      std::fill_n(text.data(), size, 'x');
      text.data()[size] = '\0';
      // SAFETY: text is looked at as characters.
      ASSERT_EQ(osier_strlen(reinterpret_cast<const char*>(text.data())), size);
    }
  }
}

}  // namespace
