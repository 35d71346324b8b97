// SPDX-License-Identifier: Apache-2.0
// From the first instruction to C++, and from an exception to its handler (x64).
//
// A PVH loader (Xen, misc/pvh) finds the entry in a note of the image and jumps to it in 32-bit
// protected mode without paging. Long mode needs page tables, which seal.py has written.

#include "core/stack_size.inc"

#define VECTORS 80                      // as in interrupt_vector.hpp
#define EXCEPTIONS 32                   // the first of them
#define CR0_PROTECTED 0x00000001
#define CR0_WRITE_PROTECT 0x00010000
#define CR0_PAGING 0x80000000
#define CR4_PAE 0x20
#define MSR_EFER 0xc0000080
#define EFER_LONG_MODE 0x100
#define EFER_NO_EXECUTE 0x800
#define CODE_SELECTOR 0x08
#define DATA_SELECTOR 0x10
#define TASK_SELECTOR 0x18
#define TASK_SIZE 104                   // of a task state segment (SDM, volume 3, figure 8-11)
#define FAULT_STACK 1                   // its first interrupt stack, for exceptions
#define INTERRUPT_GATE 0x8e00           // present, ring 0, masks interrupts

        stack_size _start, 0
        stack_size vectors, 0
        stack_size interrupt, 16 * 8    // the CPU's five words, our two, nine registers
        stack_size exception, 23 * 8    // the same seven and fifteen registers; the CPU aligns

        .section .note.pvh, "a", @note
        .balign 4
        .long   4, 8, 18                // sizes of name and descriptor; XEN_ELFNOTE_PHYS32_ENTRY
        .asciz  "Xen"
        .quad   _start

        .section .bss.interrupts, "aw", @nobits
        .balign 16
descriptors:            .skip 16 * VECTORS
        .global osier_interrupt_vector
osier_interrupt_vector: .skip 4

        .section .data.segments, "aw"   // the CPU marks the task's segment as busy
        .balign 8
segments:
        .quad   0
        .quad   0x00af9b000000ffff      // 64-bit code, ring 0
        .quad   0x00cf93000000ffff      // data
task_segment:
        .quad   0x0000890000000000 + TASK_SIZE - 1      // its address is put in below
        .quad   0
segments_end:

        .section .rodata.descriptors, "a"
        .balign 8
task:   .skip   36
        .quad   __fault_stack_top
        .skip   TASK_SIZE - 36 - 8 - 2
        .word   TASK_SIZE               // no map of I/O ports
segments_pointer:
        .word   segments_end - segments - 1
        .quad   segments
descriptors_pointer:
        .word   16 * VECTORS - 1
        .quad   descriptors

        .section .text.entry, "ax"
        .code32
        .global _start
_start:
        cli                             // nothing interrupts until the gates stand
        cld
        movl    $__stack_top, %esp
        movl    $__bss_start, %edi      // .bss: bounds are multiples of 16
        movl    $__bss_end, %ecx
        subl    %edi, %ecx
        shrl    $2, %ecx
        xorl    %eax, %eax
        rep stosl

        movl    $__page_tables, %eax
        movl    %eax, %cr3
        movl    $CR4_PAE, %eax
        movl    %eax, %cr4
        movl    $MSR_EFER, %ecx
        rdmsr
        orl     $EFER_LONG_MODE | EFER_NO_EXECUTE, %eax
        wrmsr
        movl    $CR0_PROTECTED | CR0_WRITE_PROTECT | CR0_PAGING, %eax
        movl    %eax, %cr0
        lgdt    segments_pointer
        ljmp    $CODE_SELECTOR, $long_mode

        .code64
long_mode:
        movl    $DATA_SELECTOR, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        xorl    %eax, %eax
        movl    %eax, %fs
        movl    %eax, %gs
        movl    $__stack_top, %esp      // extends to all of RSP

        movl    $task, %eax             // base 23:0 from byte 2 on, base 31:24 in byte 7
        movw    %ax, task_segment + 2
        shrl    $16, %eax
        movb    %al, task_segment + 4
        movb    %ah, task_segment + 7
        movl    $TASK_SELECTOR, %eax
        ltr     %ax

        movl    $vectors, %eax          // a gate: offset 15:0, selector, stack, type, offset 31:16
        movl    $descriptors, %edi
        xorl    %ecx, %ecx
1:      movw    %ax, (%rdi)
        movw    $CODE_SELECTOR, 2(%rdi)
        movl    %eax, 4(%rdi)
        movw    $INTERRUPT_GATE, 4(%rdi)
        cmpl    $EXCEPTIONS, %ecx
        jae     2f
        orw     $FAULT_STACK, 4(%rdi)
2:      addl    $16, %eax
        addl    $16, %edi
        incl    %ecx
        cmpl    $VECTORS, %ecx
        jb      1b
        lidt    descriptors_pointer

        xorl    %ebp, %ebp              // the outermost frame
        call    osier_boot
        ud2                             // osier_boot does not return

// One stub of 16 bytes a vector: each leaves an error code, the CPU's or 0, and its number.
        .section .text.vectors, "ax"
        .balign 16
vectors:
        .set    number, 0
        .rept   VECTORS
        .balign 16
        .if     !((number == 8) || (number >= 10 && number <= 14) || (number == 17) || (number == 21) || (number == 29) || (number == 30))
        pushq   $0
        .endif
        pushq   $number
        .if     number < EXCEPTIONS
        jmp     exception
        .else
        jmp     interrupt
        .endif
        .set    number, number + 1
        .endr

// Saves what a C++ function may change (System V ABI, 3.2.1), on the stack of whoever ran. The CPU
// has aligned the stack to 16 bytes; its five words, our two and nine registers keep it so.
interrupt:
        pushq   %rax
        movl    8(%rsp), %eax
        movl    %eax, osier_interrupt_vector
        pushq   %rcx
        pushq   %rdx
        pushq   %rsi
        pushq   %rdi
        pushq   %r8
        pushq   %r9
        pushq   %r10
        pushq   %r11
        cld
        call    osier_interrupt
        popq    %r11
        popq    %r10
        popq    %r9
        popq    %r8
        popq    %rdi
        popq    %rsi
        popq    %rdx
        popq    %rcx
        popq    %rax
        addq    $16, %rsp               // number and error code
        iretq

// May end the image: hands a picture of the registers to the report (exception.cpp), on a stack of its
// own, since what failed may be the other one.
exception:
        pushq   %r15
        pushq   %r14
        pushq   %r13
        pushq   %r12
        pushq   %r11
        pushq   %r10
        pushq   %r9
        pushq   %r8
        pushq   %rdi
        pushq   %rsi
        pushq   %rbp
        pushq   %rdx
        pushq   %rcx
        pushq   %rbx
        pushq   %rax
        cld
        movq    %rsp, %rdi
        call    osier_exception         // returns where the image goes on
        popq    %rax
        popq    %rbx
        popq    %rcx
        popq    %rdx
        popq    %rbp
        popq    %rsi
        popq    %rdi
        popq    %r8
        popq    %r9
        popq    %r10
        popq    %r11
        popq    %r12
        popq    %r13
        popq    %r14
        popq    %r15
        addq    $16, %rsp               // number and error code
        iretq
