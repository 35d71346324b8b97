// SPDX-License-Identifier: Apache-2.0
// The helper functions that the compiler calls by name on this architecture (Run-time ABI for the
// Arm architecture, IHI 0043, 5.1.2 and 5.3.4). Context: any.

#include "core/stack_size.inc"

        .macro  function name, stack=0
        stack_size \name, \stack
        .section .text.\name, "ax"
        .global \name
        .type   \name, %function
\name:
        .endm

// dividend in r0 and r1, divisor in r2 and r3 → quotient in r0 and r1, remainder in r2 and r3.
        .macro  division name, by
        function \name, 32              // two registers, 24
        push    {r4, lr}
        sub     sp, sp, #24             // the divisor, then the result
        strd    r2, r3, [sp]
        mov     r2, r0
        mov     r3, r1
        add     r0, sp, #8
        bl      \by
        ldrd    r0, r1, [sp, #8]
        ldrd    r2, r3, [sp, #16]
        add     sp, sp, #24
        pop     {r4, pc}
        .size   \name, . - \name
        .endm

        division __aeabi_uldivmod, osier_divide
        division __aeabi_ldivmod, osier_divide_signed

// The memory functions by further names, which promise alignment or order the arguments otherwise.
        function __aeabi_memcpy
        .global __aeabi_memcpy4, __aeabi_memcpy8
__aeabi_memcpy4:
__aeabi_memcpy8:
        b       memcpy

        function __aeabi_memmove
        .global __aeabi_memmove4, __aeabi_memmove8
__aeabi_memmove4:
__aeabi_memmove8:
        b       memmove

// (destination, size)
        function __aeabi_memclr
        .global __aeabi_memclr4, __aeabi_memclr8
__aeabi_memclr4:
__aeabi_memclr8:
        mov     r2, r1
        mov     r1, #0
        b       memset

// (destination, size, value)
        function __aeabi_memset
        .global __aeabi_memset4, __aeabi_memset8
__aeabi_memset4:
__aeabi_memset8:
        mov     r3, r1
        mov     r1, r2
        mov     r2, r3
        b       memset
