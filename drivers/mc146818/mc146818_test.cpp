// SPDX-License-Identifier: Apache-2.0
// The clock over fake registers: both ways to write numbers and hours, and updates in between.
#include "mc146818/mc146818.hpp"

#include <gtest/gtest.h>

#include <array>

#include "host/platform.hpp"
#include "host/registers.hpp"
#include "mem/pio.hpp"

namespace osier::mc146818 {
namespace {

using namespace std::chrono_literals;

struct node {
  static constexpr std::string_view path = "/isa/rtc@1,70";
  static constexpr std::string_view origin = "dts/board.dts:1";
  static constexpr pio::region reg = {.base = 0x70, .size = 2};
};
struct short_node : node {
  static constexpr pio::region reg = {.base = 0x70, .size = 1};
};
using ports = host::registers<node>;
using tested_driver = driver<node, ports>;
static_assert(tested_driver::check());
static_assert(!driver<short_node, ports>::check());

constexpr std::chrono::sys_seconds leap_day =
    std::chrono::sys_days{2024y / std::chrono::February / 29} + 23h + 5min + 9s;

class clock_registers : public testing::Test {
 protected:
  void SetUp() override {
    ports::reset();
    inner = {};
    inner[0x0d] = 0x80;
    ports::on_read = [this](std::size_t offset, u64 stored) -> u64 {
      if (offset != 1) return stored;
      const u64 which = ports::values[0];
      if (on_get) on_get(which);
      return inner[which];
    };
  }
  void set(u8 hour, u8 form) {
    inner[0x00] = 0x09;
    inner[0x02] = 0x05;
    inner[0x04] = hour;
    inner[0x07] = (form & 4) != 0 ? 29 : 0x29;
    inner[0x08] = 0x02;
    inner[0x09] = (form & 4) != 0 ? 24 : 0x24;
    inner[0x0b] = form;
  }
  std::array<u8, 128> inner;
  std::function<void(u64)> on_get;
};

TEST_F(clock_registers, decimal_digits_and_24_hours) {
  set(0x23, 2);
  EXPECT_EQ(tested_driver::now(), leap_day);
}

TEST_F(clock_registers, binary_numbers) {
  set(23, 6);
  EXPECT_EQ(tested_driver::now(), leap_day);
}

TEST_F(clock_registers, twelve_hours) {
  set(0x91, 0);
  EXPECT_EQ(tested_driver::now(), leap_day);
  set(0x92, 0);  // noon
  EXPECT_EQ(tested_driver::now(), leap_day - 11h);
  set(0x12, 0);  // midnight
  EXPECT_EQ(tested_driver::now(), leap_day - 23h);
}

TEST_F(clock_registers, an_update_in_between_is_read_again) {
  set(0x23, 2);
  inner[0x00] = 0x08;
  int gets = 0;
  on_get = [&](u64 which) {
    if (which == 0x07 && gets++ == 0) inner[0x00] = 0x09;
  };
  EXPECT_EQ(tested_driver::now(), leap_day);
  EXPECT_EQ(gets, 4);
}

TEST_F(clock_registers, a_clock_without_power_is_a_panic) {
  tested_driver::start();
  inner[0x0d] = 0;
  EXPECT_PANIC(tested_driver::start(),
               "/isa/rtc@1,70: expected an MC146818 whose time is valid, found status 0x00");
}

}  // namespace
}  // namespace osier::mc146818
