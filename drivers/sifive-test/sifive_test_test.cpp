// SPDX-License-Identifier: Apache-2.0
// The test finisher: one word, and then nothing more.
#include "sifive-test/sifive_test.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "host/platform.hpp"
#include "host/registers.hpp"

namespace osier::sifive_test {
namespace {

struct node {
  static constexpr std::string_view path = "/soc/test@0";
  static constexpr std::string_view origin = "dts/board.dts:1";
  static constexpr mmio::region reg = {.base = 0, .size = 4};
};

struct empty_node : node {
  static constexpr mmio::region reg = {.base = 0, .size = 3};
};

using registers = host::registers<node>;
using tested_driver = driver<node, registers>;
static_assert(tested_driver::check());
static_assert(!driver<empty_node>::check());

// Ends the process with the status that the word tells, as the emulator does.
void obey(std::size_t offset, u64 value) {
  if (offset != 0) _exit(1);
  _exit(value == 0x5555 ? 0 : (value & 0xffff) == 0x3333 ? static_cast<int>(value >> 16) : 1);
}

TEST(finisher, tells_the_status) {
  registers::on_write = obey;
  for (const int status : {0, 2, 63, 70}) {
    EXPECT_EXIT(tested_driver::power_off(status), testing::ExitedWithCode(status), "");
  }
}

TEST(finisher, that_does_not_end_the_machine_halts) {
  registers::on_write = {};
  EXPECT_EXIT(tested_driver::power_off(0), testing::ExitedWithCode(arch::halted_status), "");
}

}  // namespace
}  // namespace osier::sifive_test
