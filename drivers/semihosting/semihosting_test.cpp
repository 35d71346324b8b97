// SPDX-License-Identifier: Apache-2.0
// The way out: what the emulator is told, and that nothing runs on where it does not listen.
#include "semihosting/semihosting.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "arch.hpp"

namespace osier::semihosting {
namespace {

struct node {};
using tested_driver = driver<node>;
static_assert(tested_driver::check());

TEST(semihosting, exits_with_the_status) {
  arch::on_semihosting_call = [](u64 operation, const void* parameters) -> u64 {
    const auto* words = static_cast<const u64*>(parameters);
    // SYS_EXIT_EXTENDED, ADP_Stopped_ApplicationExit.
    if (operation == 0x20 && words[0] == 0x20026) _exit(static_cast<int>(words[1]));
    return 0;
  };
  for (const int status : {0, 2, 63, 70}) {
    EXPECT_EXIT(tested_driver::power_off(status), testing::ExitedWithCode(status), "");
  }
}

TEST(semihosting, halts_where_nobody_listens) {
  arch::on_semihosting_call = [](u64, const void*) -> u64 { return 0; };
  EXPECT_EXIT(tested_driver::power_off(0), testing::ExitedWithCode(arch::halted_status), "");
}

}  // namespace
}  // namespace osier::semihosting
