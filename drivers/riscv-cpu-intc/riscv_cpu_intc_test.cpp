// SPDX-License-Identifier: Apache-2.0
// The hart's own interrupt controller, against the bits of a hart.
#include "riscv-cpu-intc/riscv_cpu_intc.hpp"

#include <gtest/gtest.h>

#include "host/platform.hpp"

namespace osier::riscv_cpu_intc {
namespace {

struct node {
  static constexpr std::string_view path = "/cpus/cpu@0/interrupt-controller";
};

using hart = arch::local_interrupts;
using controller = driver<node>;
static_assert(controller::check());

constexpr irq::line timer = {.number = 7, .trigger = irq::level_high};
constexpr irq::line external = {.number = 11, .trigger = irq::level_high};

class hart_interrupts : public testing::Test {
 protected:
  void SetUp() override {
    hart::raised = 0;
    hart::unmasked = ~u64{0};
    controller::start();
  }
};

TEST_F(hart_interrupts, all_are_masked_at_the_start) { EXPECT_EQ(hart::unmasked, 0u); }

TEST_F(hart_interrupts, each_is_unmasked_alone) {
  controller::enable(timer);
  EXPECT_EQ(hart::unmasked, 0x080u);
  controller::enable(external);
  EXPECT_EQ(hart::unmasked, 0x880u);
}

TEST_F(hart_interrupts, one_that_the_hart_lacks_is_a_panic) {
  EXPECT_PANIC(controller::enable({.number = 13, .trigger = irq::level_high}),
               "/cpus/cpu@0/interrupt-controller: expected interrupt 13, found a hart without it");
}

TEST_F(hart_interrupts, only_what_is_pending_and_unmasked_is_taken) {
  controller::enable(timer);
  EXPECT_EQ(controller::acknowledge(), std::nullopt);
  hart::raised = 0x808;
  EXPECT_EQ(controller::acknowledge(), std::nullopt);
  hart::raised |= 0x080;
  EXPECT_EQ(controller::acknowledge(), 7u);
}

TEST_F(hart_interrupts, stay_pending_until_the_device_lowers_them) {
  controller::enable(timer);
  controller::enable(external);
  hart::raised = 0x880;
  EXPECT_EQ(controller::acknowledge(), 7u);
  controller::end(7);
  EXPECT_EQ(controller::acknowledge(), 7u);
  hart::raised = 0x800;
  EXPECT_EQ(controller::acknowledge(), 11u);
}

}  // namespace
}  // namespace osier::riscv_cpu_intc
