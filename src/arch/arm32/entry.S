// SPDX-License-Identifier: Apache-2.0
// From the first instruction to C++, and from an exception to its handler (arm32, supervisor mode).

#include "core/stack_size.inc"

        .equ    FAST_INTERRUPT, 0x11    // modes (DDI 0406, table B1-1)
        .equ    SUPERVISOR, 0x13
        .equ    ABORT, 0x17
        .equ    UNDEFINED, 0x1b
        .equ    SCTLR_ON, 0x81005       // translation (M), caches (C, I), nothing writable is executed (WXN)
// What the sealed tables go by (DDI 0406, B4.1): attribute 0 is memory, written back, 1 registers; the long
// format, all of the addresses from TTBR0, walked through the caches.
        .equ    MAIR, 0x04ff
        .equ    TTBCR, 0x80003500
        .equ    FRAME, 64               // r0-r12, sp, lr, kind: see exception.cpp; SRS stores the rest

        stack_size _start, 0
        stack_size interrupt, 40        // SRS 8, seven registers, alignment 4
        stack_size fatal_exception, FRAME + 8   // SRS 8

        .section .text.entry, "ax"
        .global _start
        .type   _start, %function
_start:
        cpsid   aif, #SUPERVISOR        // nothing interrupts until the vectors stand
        ldr     sp, =__stack_top
        mrc     p15, 0, r0, c1, c0, 0   // SCTLR: exceptions in ARM state (TE), little-endian (EE),
        bic     r0, r0, #1 << 30        // through VBAR (V)
        bic     r0, r0, #1 << 25
        bic     r0, r0, #1 << 13
        mcr     p15, 0, r0, c1, c0, 0
        ldr     r0, =vectors
        mcr     p15, 0, r0, c12, c0, 0  // VBAR
        isb

        ldr     r0, =TTBCR              // faults too are told in its format
        mcr     p15, 0, r0, c2, c0, 2
        ldr     r0, =__page_tables      // 0: the app turned the MMU off
        cmp     r0, #0
        beq     1f
        mov     r1, #0
        mcrr    p15, 0, r0, r1, c2      // TTBR0
        ldr     r0, =MAIR
        mcr     p15, 0, r0, c10, c2, 0
        mcr     p15, 0, r1, c8, c7, 0   // TLBIALL
        mcr     p15, 0, r1, c7, c5, 0   // ICIALLU
        dsb
        isb
        mrc     p15, 0, r0, c1, c0, 0
        ldr     r1, =SCTLR_ON
        orr     r0, r0, r1
        mcr     p15, 0, r0, c1, c0, 0
        isb

1:      ldr     r0, =__bss_start        // .bss: bounds are multiples of 16
        ldr     r1, =__bss_end
        mov     r2, #0
        mov     r3, #0
1:      cmp     r0, r1
        stmialo r0!, {r2, r3}
        blo     1b

        mov     r11, #0                 // the outermost frame
        mov     lr, #0
        bl      osier_boot
        b       .                       // osier_boot does not return
        .ltorg
        .size   _start, . - _start

// Eight instructions, one for each kind of exception (DDI 0406, B1.8.1).
        .section .text.vectors, "ax"
        .balign 32
        .global vectors
vectors:
        b       unused_vector           // reset, which does not come through VBAR
        b       undefined_instruction
        b       supervisor_call
        b       prefetch_abort
        b       data_abort
        b       unused_vector           // Hyp trap, which comes to Hyp mode only
        b       interrupt
        b       fast_interrupt

// Puts the return state on the supervisor stack and goes on in supervisor mode, so that all modes
// share one stack. Then saves what a C++ function may change (AAPCS32, 6.1.1).
        .type   interrupt, %function
interrupt:
        sub     lr, lr, #4
        srsdb   sp!, #SUPERVISOR
        cps     #SUPERVISOR
        push    {r0-r4, r12, lr}
        and     r4, sp, #4              // calls want the stack aligned to 8
        sub     sp, sp, r4
        bl      osier_interrupt
        add     sp, sp, r4
        pop     {r0-r4, r12, lr}
        clrex                           // an exclusive access across an interrupt must fail
        rfeia   sp!
        .size   interrupt, . - interrupt

// Everything else may end the image: hands a picture of the registers to the report, on a stack of its
// own, since what failed may be the other one. `past` is how far behind the instruction the link
// register points (DDI 0406, table B1-7), `mode` the one that the exception is taken in.
        .macro  fatal_vector name, kind, past, mode
        .type   \name, %function
\name:
        sub     lr, lr, #\past
        .if     \mode == SUPERVISOR
        mcr     p15, 0, sp, c13, c0, 4  // TPIDRPRW, which nothing else uses
        .endif
        ldr     sp, =__fault_stack_top
        srsdb   sp!, #\mode
        sub     sp, sp, #FRAME
        stmia   sp, {r0-r12}
        .if     \mode == SUPERVISOR
        mrc     p15, 0, r0, c13, c0, 4
        mov     r1, lr
        .else
        cps     #SUPERVISOR
        mov     r0, sp
        mov     r1, lr
        cps     #\mode
        .endif
        mov     r2, #\kind
        b       fatal_exception
        .size   \name, . - \name
        .endm

        fatal_vector unused_vector, 0, 0, SUPERVISOR
        fatal_vector undefined_instruction, 1, 4, UNDEFINED
        fatal_vector supervisor_call, 2, 4, SUPERVISOR
        fatal_vector prefetch_abort, 3, 4, ABORT
        fatal_vector data_abort, 4, 8, ABORT
        fatal_vector fast_interrupt, 5, 4, FAST_INTERRUPT

        .type   fatal_exception, %function
fatal_exception:
        cpsid   aif
        str     r0, [sp, #52]           // the supervisor's stack pointer and link register
        str     r1, [sp, #56]
        str     r2, [sp, #60]
        mov     r0, sp
        bl      osier_exception         // returns where the image goes on
        mov     r0, sp
        ldr     sp, [r0, #52]
        ldr     lr, [r0, #56]
        cps     #ABORT                  // for a stack pointer to return by
        mov     sp, r0
        ldmia   sp, {r0-r12}
        add     sp, sp, #FRAME
        clrex
        rfeia   sp
        .ltorg
        .size   fatal_exception, . - fatal_exception
