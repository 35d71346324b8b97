// SPDX-License-Identifier: Apache-2.0
// From the first instruction in supervisor mode to C++, and from a trap to its handler (RISC-V, 32 and
// 64 bits; privileged architecture 20211203, chapter 4).

#include "core/stack_size.inc"
#include "width.h"

#define FRAME_INTERRUPT (16 * REGISTER_SIZE)   // ra, t0-t6, a0-a7
#define FRAME_EXCEPTION (32 * REGISTER_SIZE)   // the program counter, x1-x31: see exception.cpp

        stack_size _start, 0
        stack_size trap, 0
        stack_size interrupt, FRAME_INTERRUPT
        stack_size fatal_exception, FRAME_EXCEPTION

        .section .text.entry, "ax"
        .global _start
_start:
        csrw    sie, zero               // nothing interrupts until the vector stands
        csrci   sstatus, 2              // SIE
        mv      tp, a0                  // which hart runs; no thread needs the register
        LOAD    t0, tables
        beqz    t0, 1f
        srli    t0, t0, 12              // satp has the number of the root's page
        li      t1, SATP_MODE
        or      t0, t0, t1
        sfence.vma
        csrw    satp, t0
        sfence.vma

1:      la      sp, __stack_top
        la      t0, trap
        csrw    stvec, t0

        la      t0, __bss_start         // .bss: bounds are multiples of 16
        la      t1, __bss_end
1:      bgeu    t0, t1, 2f
        STORE   zero, 0(t0)
        addi    t0, t0, REGISTER_SIZE
        j       1b

2:      li      fp, 0                   // the outermost frame
        li      ra, 0
        call    osier_boot
        j       .                       // osier_boot does not return

        .balign REGISTER_SIZE
tables: WORD    __page_tables           // 0: the app turned the MMU off

// One entry for all traps. By cause (a vectored stvec) interrupts would begin four instructions nearer; but
// firmware that hands on an exception jumps to stvec as it reads it, and QEMU 7.2 then runs at an odd
// address.
        .balign 4
trap:   csrw    sscratch, t0
        csrr    t0, scause
        bgez    t0, fatal_exception     // the topmost bit: an interrupt
        csrr    t0, sscratch

// Saves what a C++ function may change (the calling convention's temporaries and arguments), on the
// stack of whoever ran. The trap's own registers stay: nothing that returns traps meanwhile.
interrupt:
        addi    sp, sp, -FRAME_INTERRUPT
        STORE   ra, 0*REGISTER_SIZE(sp)
        STORE   t0, 1*REGISTER_SIZE(sp)
        STORE   t1, 2*REGISTER_SIZE(sp)
        STORE   t2, 3*REGISTER_SIZE(sp)
        STORE   t3, 4*REGISTER_SIZE(sp)
        STORE   t4, 5*REGISTER_SIZE(sp)
        STORE   t5, 6*REGISTER_SIZE(sp)
        STORE   t6, 7*REGISTER_SIZE(sp)
        STORE   a0, 8*REGISTER_SIZE(sp)
        STORE   a1, 9*REGISTER_SIZE(sp)
        STORE   a2, 10*REGISTER_SIZE(sp)
        STORE   a3, 11*REGISTER_SIZE(sp)
        STORE   a4, 12*REGISTER_SIZE(sp)
        STORE   a5, 13*REGISTER_SIZE(sp)
        STORE   a6, 14*REGISTER_SIZE(sp)
        STORE   a7, 15*REGISTER_SIZE(sp)
        call    osier_interrupt
        LOAD    ra, 0*REGISTER_SIZE(sp)
        LOAD    t0, 1*REGISTER_SIZE(sp)
        LOAD    t1, 2*REGISTER_SIZE(sp)
        LOAD    t2, 3*REGISTER_SIZE(sp)
        LOAD    t3, 4*REGISTER_SIZE(sp)
        LOAD    t4, 5*REGISTER_SIZE(sp)
        LOAD    t5, 6*REGISTER_SIZE(sp)
        LOAD    t6, 7*REGISTER_SIZE(sp)
        LOAD    a0, 8*REGISTER_SIZE(sp)
        LOAD    a1, 9*REGISTER_SIZE(sp)
        LOAD    a2, 10*REGISTER_SIZE(sp)
        LOAD    a3, 11*REGISTER_SIZE(sp)
        LOAD    a4, 12*REGISTER_SIZE(sp)
        LOAD    a5, 13*REGISTER_SIZE(sp)
        LOAD    a6, 14*REGISTER_SIZE(sp)
        LOAD    a7, 15*REGISTER_SIZE(sp)
        addi    sp, sp, FRAME_INTERRUPT
        sret

// Everything else may end the image: hands a picture of the registers to the report, on a stack of its
// own, since what failed may be the other one. t0 is in sscratch.
fatal_exception:
        la      t0, __fault_stack_top - FRAME_EXCEPTION
        STORE   sp, 2*REGISTER_SIZE(t0)
        mv      sp, t0
        .irp    number, 1,3,4,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        STORE   x\number, \number*REGISTER_SIZE(sp)
        .endr
        csrr    t0, sscratch
        STORE   t0, 5*REGISTER_SIZE(sp)
        csrr    t0, sepc
        STORE   t0, 0*REGISTER_SIZE(sp)
        mv      a0, sp
        call    osier_exception         // returns where the image goes on
        LOAD    t0, 0*REGISTER_SIZE(sp)
        csrw    sepc, t0
        .irp    number, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,2
        LOAD    x\number, \number*REGISTER_SIZE(sp)
        .endr
        sret
