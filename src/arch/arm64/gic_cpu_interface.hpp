// SPDX-License-Identifier: Apache-2.0
// The GICv3 CPU interface, which is system registers of the CPU (IHI 0069, chapter 12).
#pragma once

#include "core/units.hpp"

namespace osier::arch {

struct gic_cpu_interface {
  // Turns on the system register interface, admits every priority and enables group 1.
  static void enable() {
    u64 sre;
    // SAFETY: ICC_SRE_EL1.SRE, ICC_PMR_EL1 and ICC_IGRPEN1_EL1; interrupts are masked at the CPU.
    asm volatile("mrs %0, s3_0_c12_c12_5" : "=r"(sre));
    asm volatile("msr s3_0_c12_c12_5, %0\n\tisb" ::"r"(sre | 1));
    asm volatile("msr s3_0_c4_c6_0, %0" ::"r"(u64{0xff}));
    asm volatile("msr s3_0_c12_c12_7, %0\n\tisb" ::"r"(u64{1}));
  }

  // ICC_IAR1_EL1: takes the pending interrupt of the highest priority; 1020 and up: none.
  static u32 acknowledge() {
    u64 number;
    // SAFETY: the read activates the interrupt; the DSB orders it before what the handler reads.
    asm volatile("mrs %0, s3_0_c12_c12_0\n\tdsb sy" : "=r"(number)::"memory");
    return static_cast<u32>(number);
  }

  // ICC_EOIR1_EL1: the handler is done with this interrupt.
  static void end(u32 number) {
    // SAFETY: drops the priority of and deactivates the interrupt that acknowledge() returned.
    asm volatile("msr s3_0_c12_c12_1, %0" ::"r"(u64{number}) : "memory");
  }
};

}  // namespace osier::arch
