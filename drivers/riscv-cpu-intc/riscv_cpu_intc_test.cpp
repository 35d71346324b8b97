// SPDX-License-Identifier: Apache-2.0
// The hart's own interrupt controller, against the bits of a hart.
#include "riscv-cpu-intc/riscv_cpu_intc.hpp"

#include <gtest/gtest.h>

#include "host/platform.hpp"

namespace osier::riscv_cpu_intc {
namespace {

struct node {
  static constexpr std::string_view path = "/cpus/cpu@1/interrupt-controller";
  static constexpr u32 hart = 1;
};

using hart = arch::local_interrupts;
using controller = driver<node>;
static_assert(controller::check());

constexpr irq::line timer = {.number = 5, .trigger = irq::level_high};
constexpr irq::line external = {.number = 9, .trigger = irq::level_high};

class hart_interrupts : public testing::Test {
 protected:
  void SetUp() override {
    hart::number = 1;
    hart::unmasked = ~u64{0};
    controller::start();
  }
};

TEST_F(hart_interrupts, all_are_masked_at_the_start) { EXPECT_EQ(hart::unmasked, 0u); }

TEST_F(hart_interrupts, of_another_hart_are_a_panic) {
  hart::number = 2;
  EXPECT_PANIC(controller::start(),
               "/cpus/cpu@1/interrupt-controller: expected to run on hart 1, found hart 2");
}

TEST_F(hart_interrupts, each_is_unmasked_alone) {
  controller::enable(timer);
  EXPECT_EQ(hart::unmasked, 0x020u);
  controller::enable(external);
  EXPECT_EQ(hart::unmasked, 0x220u);
}

TEST_F(hart_interrupts, one_that_the_hart_lacks_is_a_panic) {
  EXPECT_PANIC(controller::enable({.number = 13, .trigger = irq::level_high}),
               "/cpus/cpu@1/interrupt-controller: expected interrupt 13, found a hart without it");
}

TEST_F(hart_interrupts, the_most_urgent_that_is_raised_and_unmasked_is_taken) {
  hart::raised = 0x222;
  EXPECT_TRUE(controller::is_none(controller::acknowledge()));
  controller::enable(timer);
  EXPECT_EQ(controller::acknowledge(), 5u);
  controller::end(5);
  controller::enable(external);
  EXPECT_EQ(controller::acknowledge(), 9u);
  controller::end(9);
  hart::raised = 0;
  EXPECT_TRUE(controller::is_none(controller::acknowledge()));
}

}  // namespace
}  // namespace osier::riscv_cpu_intc
