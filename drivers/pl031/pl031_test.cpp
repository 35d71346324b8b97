// SPDX-License-Identifier: Apache-2.0
// The PL031 over fake registers.
#include "pl031/pl031.hpp"

#include <gtest/gtest.h>

#include "host/platform.hpp"
#include "host/registers.hpp"

namespace osier::pl031 {
namespace {

struct node {
  static constexpr std::string_view path = "/pl031@9010000";
  static constexpr std::string_view origin = "dts/board.dts:1";
  static constexpr mmio::region reg = {.base = 0x9010000, .size = 0x1000};
};
struct small_node : node {
  static constexpr mmio::region reg = {.base = 0x9010000, .size = 0x20};
};

struct clock_registers;
using registers = host::registers<clock_registers>;
using clock = driver<node, registers>;

class pl031_clock : public testing::Test {
 protected:
  void SetUp() override {
    registers::reset();
    registers::values[0xfe0] = 0x31;
    registers::values[0xfe4] = 0x10;  // the designer's half is not the part's
  }
};

TEST_F(pl031_clock, is_started) {
  clock::start();
  EXPECT_EQ(registers::writes, (std::vector<host::register_write>{{0x00c, 1}}));
}

TEST_F(pl031_clock, tells_seconds_without_a_sign) {
  registers::values[0x000] = 1'935'817'689;
  EXPECT_EQ(clock::now().time_since_epoch().count(), 1'935'817'689);
  registers::values[0x000] = 0xffff'ffff;
  EXPECT_EQ(clock::now().time_since_epoch().count(), 0xffff'ffff);
}

TEST_F(pl031_clock, another_device_is_a_panic) {
  registers::values[0xfe0] = 0x11;
  EXPECT_PANIC(clock::start(), "/pl031@9010000: expected a PL031 (part 0x031), found part 0x011");
}

TEST_F(pl031_clock, block_must_hold_the_registers) {
  static_assert(clock::check());
  static_assert(!driver<small_node, registers>::check());
}

}  // namespace
}  // namespace osier::pl031
