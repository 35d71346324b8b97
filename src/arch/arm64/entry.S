// SPDX-License-Identifier: Apache-2.0
// From the first instruction to C++, and from an exception to its handler (arm64, EL1).

#include "core/stack_size.inc"

#define FRAME_INTERRUPT 176   // x0-x18, x30, ELR, SPSR
#define FRAME_EXCEPTION 288   // x0-x30, ELR, SPSR, slot, SP: see exception.cpp
#define EL1_MASKED 0x3c5      // SPSR: EL1 with its own stack pointer, DAIF set
#define SCTLR_OFF 0x30d00800  // SCTLR_EL1: its bits that are one; no translation, no cache
#define SCTLR_ON 0x81005      // and: translation (M), caches (C, I), nothing writable is executed (WXN)
// What the sealed tables go by (Arm ARM, D17.2): attribute 0 is memory, written back, 1 registers
// (nGnRE); 48 bits from TTBR0 alone in pages of 4 KiB, walked through the caches, 48 bits out.
#define SCTLR_GUARDED 0x1080000000  // return addresses are signed (EnIA), branch targets checked (BT1)
#define MAIR 0x04ff
#define TCR 0x500803510
#define ICC_SRE_EL2 s3_4_c12_c9_5
#define ICC_SRE_EL3 s3_6_c12_c12_5

        stack_size _start, 0
        stack_size interrupt, FRAME_INTERRUPT
        stack_size fatal_exception, FRAME_EXCEPTION

// Sixteen slots of 128 bytes: four kinds from each of four origins (Arm ARM, D1.10.2).
#ifdef OSIER_BRANCH_PROTECTION
        .global osier_marked_branch_targets     // seal.py guards the pages of such code
        .equ    osier_marked_branch_targets, 1
#endif

        .section .text.vectors, "ax"
        .macro  fatal_slot number
        .balign 128
        msr     tpidr_el1, x0
        mov     x0, #\number
        b       fatal_exception
        .endm

        .balign 2048
        .global vectors
vectors:
        fatal_slot 0                    // current EL, SP_EL0
        fatal_slot 1
        fatal_slot 2
        fatal_slot 3
        fatal_slot 4                    // current EL, SP_EL1: synchronous
        .balign 128
        b       interrupt               // current EL, SP_EL1: IRQ
        fatal_slot 6
        fatal_slot 7
        fatal_slot 8                    // lower EL, AArch64
        fatal_slot 9
        fatal_slot 10
        fatal_slot 11
        fatal_slot 12                   // lower EL, AArch32
        fatal_slot 13
        fatal_slot 14
        fatal_slot 15

// Behind the vectors, which begin at a multiple of 2048 bytes: before them it would waste as much.
        .global _start
        .type   _start, %function
_start:
        msr     daifset, #0xf           // nothing interrupts until the vectors stand
        ldr     w1, =SCTLR_OFF
        mov     x2, #EL1_MASKED
        adr     x3, el1
        mrs     x4, id_aa64pfr0_el1     // bits 24-27: the GIC is reached by system registers
        ubfx    x4, x4, #24, #4
        mrs     x0, CurrentEL
        cmp     x0, #2 << 2
        b.lo    el1
        b.eq    el2

// Without firmware the CPU starts at EL3. The image stays in the secure world, where nothing is
// denied to it, so that no other step is left to firmware.
        mov     x0, #0x430              // SCR_EL3: EL1 is AArch64 (RW) and secure (NS = 0)
        msr     scr_el3, x0
        msr     cptr_el3, xzr
        msr     mdcr_el3, xzr
        cbz     x4, 1f
        mov     x0, #0x9                // SRE, and EL1 may use it too (Enable)
        msr     ICC_SRE_EL3, x0
1:      msr     sctlr_el1, x1
        msr     spsr_el3, x2
        msr     elr_el3, x3
        isb
        eret

// Firmware and loaders start it at EL2 where there is one (Arm boot protocols). Nothing traps there.
el2:    mov     x0, #1 << 31            // HCR_EL2: EL1 is AArch64 (RW)
        msr     hcr_el2, x0
        mov     x0, #0x33ff             // its bits that are one
        msr     cptr_el2, x0
        mov     x0, #3                  // the counter and the timer are EL1's
        msr     cnthctl_el2, x0
        msr     cntvoff_el2, xzr
        msr     mdcr_el2, xzr
        msr     hstr_el2, xzr
        cbz     x4, 1f
        mov     x0, #0x9
        msr     ICC_SRE_EL2, x0
1:      msr     sctlr_el1, x1
        msr     spsr_el2, x2
        msr     elr_el2, x3
        isb
        eret

el1:    ldr     x0, =__page_tables      // 0: the app turned the MMU off
        cbz     x0, 1f
        msr     ttbr0_el1, x0
        ldr     x0, =MAIR
        msr     mair_el1, x0
        ldr     x0, =TCR
        msr     tcr_el1, x0
        tlbi    vmalle1
        ic      iallu
        dsb     nsh
        isb
        ldr     x0, =SCTLR_OFF | SCTLR_ON
#ifdef OSIER_BRANCH_PROTECTION
        mrs     x1, id_aa64isar1_el1    // bits 4-11: return addresses can be signed
        tst     x1, #0xff0
        b.eq    2f
        mrs     x1, cntpct_el0          // the key: another at each boot
        ldr     x2, =0x9e3779b97f4a7c15
        mul     x1, x1, x2
        msr     s3_0_c2_c1_0, x1        // APIAKeyLo_EL1, APIAKeyHi_EL1
        mul     x1, x1, x2
        msr     s3_0_c2_c1_1, x1
2:      ldr     x1, =SCTLR_GUARDED
        orr     x0, x0, x1
#endif
        msr     sctlr_el1, x0
        isb

1:      adrp    x0, __stack_top
        add     x0, x0, :lo12:__stack_top
        mov     sp, x0
        adrp    x0, vectors
        add     x0, x0, :lo12:vectors
        msr     vbar_el1, x0
        isb

        adrp    x0, __bss_start         // .bss: bounds are multiples of 16
        add     x0, x0, :lo12:__bss_start
        adrp    x1, __bss_end
        add     x1, x1, :lo12:__bss_end
1:      cmp     x0, x1
        b.hs    2f
        stp     xzr, xzr, [x0], #16
        b       1b

2:      mov     x29, xzr                // the outermost frame
        mov     x30, xzr
        bl      osier_boot
        b       .                       // osier_boot does not return

// Saves what a C++ function may change (AAPCS64, 6.1.1), on the stack of whoever ran.
interrupt:
        sub     sp, sp, #FRAME_INTERRUPT
        stp     x0, x1, [sp, #0]
        stp     x2, x3, [sp, #16]
        stp     x4, x5, [sp, #32]
        stp     x6, x7, [sp, #48]
        stp     x8, x9, [sp, #64]
        stp     x10, x11, [sp, #80]
        stp     x12, x13, [sp, #96]
        stp     x14, x15, [sp, #112]
        stp     x16, x17, [sp, #128]
        stp     x18, x30, [sp, #144]
        mrs     x0, elr_el1
        mrs     x1, spsr_el1
        stp     x0, x1, [sp, #160]
        bl      osier_interrupt
        ldp     x0, x1, [sp, #160]
        msr     elr_el1, x0
        msr     spsr_el1, x1
        ldp     x0, x1, [sp, #0]
        ldp     x2, x3, [sp, #16]
        ldp     x4, x5, [sp, #32]
        ldp     x6, x7, [sp, #48]
        ldp     x8, x9, [sp, #64]
        ldp     x10, x11, [sp, #80]
        ldp     x12, x13, [sp, #96]
        ldp     x14, x15, [sp, #112]
        ldp     x16, x17, [sp, #128]
        ldp     x18, x30, [sp, #144]
        add     sp, sp, #FRAME_INTERRUPT
        eret

// Everything else may end the image: hands a picture of the registers to the report, on a stack of its
// own, since what failed may be the other one. The slot's number is in x0, which is in TPIDR_EL1.
fatal_exception:
        msr     tpidr_el0, x1
        mov     x1, sp
        msr     tpidrro_el0, x1
        adrp    x1, __fault_stack_top
        add     x1, x1, :lo12:__fault_stack_top
        sub     sp, x1, #FRAME_EXCEPTION
        stp     x2, x3, [sp, #16]
        mrs     x2, tpidr_el1
        mrs     x3, tpidr_el0
        stp     x2, x3, [sp]
        stp     x4, x5, [sp, #32]
        stp     x6, x7, [sp, #48]
        stp     x8, x9, [sp, #64]
        stp     x10, x11, [sp, #80]
        stp     x12, x13, [sp, #96]
        stp     x14, x15, [sp, #112]
        stp     x16, x17, [sp, #128]
        stp     x18, x19, [sp, #144]
        stp     x20, x21, [sp, #160]
        stp     x22, x23, [sp, #176]
        stp     x24, x25, [sp, #192]
        stp     x26, x27, [sp, #208]
        stp     x28, x29, [sp, #224]
        mrs     x1, elr_el1
        stp     x30, x1, [sp, #240]
        mrs     x1, spsr_el1
        stp     x1, x0, [sp, #256]
        mrs     x1, tpidrro_el0
        str     x1, [sp, #272]
        mov     x0, sp
        bl      osier_exception         // returns where the image goes on
        mov     x0, sp
        ldr     x1, [x0, #272]
        mov     sp, x1
        ldp     x30, x1, [x0, #240]
        msr     elr_el1, x1
        ldr     x1, [x0, #256]
        msr     spsr_el1, x1
        ldp     x2, x3, [x0, #16]
        ldp     x4, x5, [x0, #32]
        ldp     x6, x7, [x0, #48]
        ldp     x8, x9, [x0, #64]
        ldp     x10, x11, [x0, #80]
        ldp     x12, x13, [x0, #96]
        ldp     x14, x15, [x0, #112]
        ldp     x16, x17, [x0, #128]
        ldp     x18, x19, [x0, #144]
        ldp     x20, x21, [x0, #160]
        ldp     x22, x23, [x0, #176]
        ldp     x24, x25, [x0, #192]
        ldp     x26, x27, [x0, #208]
        ldp     x28, x29, [x0, #224]
        ldp     x0, x1, [x0]
        eret
