// SPDX-License-Identifier: Apache-2.0
// What becomes of a service trap, by what the app answers.
#include "core/trap.hpp"

#include <gtest/gtest.h>

namespace osier::trap {

// The code is the answer.
action serve(u8 code) { return static_cast<action>(code); }

namespace {

constexpr u8 panics = static_cast<u8>(action::panic);
constexpr u8 resumes = static_cast<u8>(action::resume);
constexpr u8 restarts = static_cast<u8>(action::restart);

TEST(trap, resumes_behind_the_instruction) {
  const answer found = decide(resumes, 0x1000, 4, false);
  EXPECT_EQ(found.refused, "");
  EXPECT_EQ(found.address, 0x1004);
}

TEST(trap, restarts_at_the_instruction_until_it_is_too_often) {
  for (u32 i = 0; i < most_restarts; ++i) {
    const answer found = decide(restarts, 0x2000, 4, false);
    EXPECT_EQ(found.refused, "");
    EXPECT_EQ(found.address, 0x2000);
  }
  EXPECT_EQ(decide(restarts, 0x2000, 4, false).refused, "restarted too often");
}

TEST(trap, counts_restarts_anew_once_it_has_resumed) {
  for (u32 i = 0; i < 3 * most_restarts; ++i) {
    EXPECT_EQ(decide(restarts, 0x3000, 4, false).refused, "");
    EXPECT_EQ(decide(resumes, 0x3000, 4, false).refused, "");
  }
}

TEST(trap, is_refused_where_nobody_serves_it_or_interrupts_are_masked) {
  EXPECT_EQ(decide(panics, 0x4000, 4, false).refused, "which nothing serves");
  EXPECT_EQ(decide(resumes, 0x4000, 4, true).refused, "raised with interrupts masked");
}

}  // namespace
}  // namespace osier::trap
