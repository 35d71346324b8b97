// SPDX-License-Identifier: Apache-2.0
// The goldfish clock over fake registers that latch as the device does.
#include "goldfish-rtc/goldfish_rtc.hpp"

#include <gtest/gtest.h>

#include "host/registers.hpp"

namespace osier::goldfish_rtc {
namespace {

struct node {
  static constexpr std::string_view path = "/soc/rtc@101000";
  static constexpr std::string_view origin = "dts/board.dts:1";
  static constexpr mmio::region reg = {.base = 0x101000, .size = 0x1000};
};
struct small_node : node {
  static constexpr mmio::region reg = {.base = 0x101000, .size = 0x20};
};

struct clock_registers;
using registers = host::registers<clock_registers>;
using clock = driver<node, registers>;

// A device whose time goes on by `step` nanoseconds at each access.
void count_from(u64 start, u64 step) {
  registers::reset();
  registers::on_read = [now = start, latched = u32{0}, step](std::size_t offset, u64) mutable {
    const u64 at = std::exchange(now, now + step);
    if (offset == 0x00) {
      latched = static_cast<u32>(at >> 32);
      return at & 0xffff'ffff;
    }
    return u64{latched};
  };
}

TEST(goldfish_clock, tells_whole_seconds) {
  count_from(1'935'817'689'999'999'999, 0);
  EXPECT_EQ(clock::now().time_since_epoch().count(), 1'935'817'689);
}

TEST(goldfish_clock, reads_both_halves_of_one_moment) {
  count_from(0x1ad7'29f1'ffff'ffff, 1);  // the upper half changes between the two reads
  EXPECT_EQ(clock::now().time_since_epoch().count(), 0x1ad7'29f1'ffff'ffff / 1'000'000'000);
}

TEST(goldfish_clock, block_must_hold_the_registers) {
  static_assert(clock::check());
  static_assert(!driver<small_node, registers>::check());
}

}  // namespace
}  // namespace osier::goldfish_rtc
