// SPDX-License-Identifier: Apache-2.0
// Traps by machine mode's names (RISC-V privileged architecture, 20211203, chapter 3.1). Read by
// assembly and C++; another mode is another folder with this file, chosen in arch.yaml.
#pragma once

#define TRAP_STATUS 0x300   // mstatus
#define TRAP_ENABLED 0x304  // mie
#define TRAP_VECTOR 0x305   // mtvec
#define TRAP_PC 0x341       // mepc
#define TRAP_CAUSE 0x342    // mcause
#define TRAP_VALUE 0x343    // mtval
#define TRAP_PENDING 0x344  // mip
#define TRAP_RETURN mret

// The bit of the status that lets interrupts in: mstatus.MIE.
#define TRAP_STATUS_INTERRUPTS 8

// Which hart runs, as the first instructions find it out.
#define READ_HART(register) csrr register, mhartid
