// SPDX-License-Identifier: Apache-2.0
// Where no firmware runs before the image: from machine mode, in which the hart begins, to
// supervisor mode, for good (RISC-V privileged architecture 20211203, chapter 3; Sstc 1.0).

#include "core/stack_size.inc"
#include "width.h"

#define PMPCFG_ALL 0x1f         // pmpcfg0: NAPOT, which pmpaddr0 makes all memory; read, write, execute
#define MSTATUS_MPP 0x1800      // the mode that mret goes to
#define MSTATUS_SUPERVISOR 0x800
#define MENVCFG_STCE (8 * REGISTER_SIZE - 1)

        stack_size machine_start, 0
        stack_size machine_park, 0

        .section .text.machine_start, "ax"
        .global machine_start
machine_start:
        csrr    a0, mhartid             // which hart runs, as firmware tells it
        bnez    a0, machine_park
        li      t0, -1
        la      t1, 1f                  // a hart without menvcfg goes on there
        csrw    mtvec, t1
        slli    t1, t0, MENVCFG_STCE    // the timer's compare register is supervisor mode's
        csrs    MENVCFG_TOP, t1
        .balign 4
1:      la      t1, machine_park
        csrw    mtvec, t1
        csrw    pmpaddr0, t0
        li      t1, PMPCFG_ALL
        csrw    pmpcfg0, t1
        csrw    medeleg, t0             // whatever traps does so in supervisor mode, which can report
        csrw    mideleg, t0
        csrw    mcounteren, t0          // the time is read there
        li      t1, MSTATUS_MPP
        csrc    mstatus, t1
        li      t1, MSTATUS_SUPERVISOR
        csrs    mstatus, t1
        la      t1, _start
        csrw    mepc, t1
        mret

// The image runs on one hart.
        .balign 4
machine_park:
        wfi
        j       machine_park
