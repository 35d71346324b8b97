// SPDX-License-Identifier: Apache-2.0
// 64-bit division as 32-bit targets do it, against the host's own.
#include "libc/divide.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

namespace osier::libc {
namespace {

// Numbers around which the algorithm changes its ways, and random ones of every length.
std::vector<uint64_t> samples() {
  std::vector<uint64_t> found = {0, 1, 2, 3, 10, 1'000'000'000};
  for (int bit = 0; bit < 64; ++bit) {
    const uint64_t power = uint64_t{1} << bit;
    found.insert(found.end(), {power - 1, power, power + 1, ~power});
  }
  std::mt19937_64 random{1};
  for (int length = 1; length <= 64; ++length) found.push_back(random() >> (64 - length));
  return found;
}

TEST(divide, agrees_with_the_host) {
  for (const uint64_t dividend : samples()) {
    for (const uint64_t divisor : samples()) {
      if (divisor == 0) continue;
      const division result = divide(dividend, divisor);
      ASSERT_EQ(result.quotient, dividend / divisor) << dividend << " / " << divisor;
      ASSERT_EQ(result.remainder, dividend % divisor) << dividend << " % " << divisor;
    }
  }
}

TEST(divide, signed_agrees_with_the_host) {
  constexpr int64_t lowest = std::numeric_limits<int64_t>::min();
  for (const uint64_t first : samples()) {
    for (const uint64_t second : samples()) {
      const auto dividend = static_cast<int64_t>(first);
      const auto divisor = static_cast<int64_t>(second);
      if (divisor == 0 || (dividend == lowest && divisor == -1)) continue;
      const division result = divide_signed(dividend, divisor);
      ASSERT_EQ(static_cast<int64_t>(result.quotient), dividend / divisor)
          << dividend << " / " << divisor;
      ASSERT_EQ(static_cast<int64_t>(result.remainder), dividend % divisor)
          << dividend << " % " << divisor;
    }
  }
}

TEST(divide, the_lowest_by_minus_one_wraps) {
  constexpr int64_t lowest = std::numeric_limits<int64_t>::min();
  const division result = divide_signed(lowest, -1);
  EXPECT_EQ(static_cast<int64_t>(result.quotient), lowest);
  EXPECT_EQ(result.remainder, 0u);
}

TEST(divide, by_zero_traps) { EXPECT_DEATH(divide(1, 0), ""); }

}  // namespace
}  // namespace osier::libc
