// SPDX-License-Identifier: Apache-2.0
// The way out: what QEMU is told, and that nothing runs on where it does not listen.
#include "isa-debug-exit/isa_debug_exit.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "host/registers.hpp"
#include "mem/pio.hpp"

namespace osier::isa_debug_exit {
namespace {

struct node {
  static constexpr std::string_view path = "/isa/exit@1,f4";
  static constexpr std::string_view origin = "dts/board.dts:1";
  static constexpr pio::region reg = {.base = 0xf4, .size = 4};
};

struct empty_node : node {
  static constexpr pio::region reg = {.base = 0xf4, .size = 0};
};

using registers = host::registers<node>;
using tested_driver = driver<node, registers>;
static_assert(tested_driver::check());
static_assert(!driver<empty_node, registers>::check());

// QEMU's exit status for a value is 2 × value + 1, of which driver.yaml says 3 and 2 a step.
TEST(isa_debug_exit, tells_the_status_and_one_more) {
  registers::on_write = [](std::size_t offset, u64 value) {
    if (offset == 0) _exit(static_cast<int>(2 * value + 1));
  };
  for (const int status : {0, 2, 63, 70}) {
    EXPECT_EXIT(tested_driver::power_off(status), testing::ExitedWithCode(3 + 2 * status), "");
  }
}

TEST(isa_debug_exit, halts_where_nobody_listens) {
  registers::reset();
  EXPECT_EXIT(tested_driver::power_off(0), testing::ExitedWithCode(arch::halted_status), "");
}

}  // namespace
}  // namespace osier::isa_debug_exit
