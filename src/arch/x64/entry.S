// SPDX-License-Identifier: Apache-2.0
// From the first instruction to C++, and from an exception to its handler (x64).
//
// A PVH loader (Xen, misc/pvh) finds the entry in a note of the image and jumps to it in 32-bit
// protected mode without paging. Long mode needs page tables: ours reach the first 4 GiB, one to one
// in pages of 2 MiB (Intel SDM, volume 3, 4.5). Mapped are the image, here, and the registers that
// it claims (map.cpp); everything else faults.

#include "core/stack_size.inc"

#define VECTORS 80                      // as in interrupt_vector.hpp
#define PAGE_TABLES 4                   // page directories, of 1 GiB each
#define PRESENT_WRITABLE 0x3
#define LARGE_PAGE 0x80
#define CR0_PROTECTED 0x00000001
#define CR0_WRITE_PROTECT 0x00010000
#define CR0_PAGING 0x80000000
#define CR4_PAE 0x20
#define MSR_EFER 0xc0000080
#define EFER_LONG_MODE 0x100
#define CODE_SELECTOR 0x08
#define DATA_SELECTOR 0x10
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

        .section .bss.page_tables, "aw", @nobits
        .balign 4096
page_map:               .skip 4096
page_pointers:          .skip 4096
        .global osier_page_directories
osier_page_directories: .skip 4096 * PAGE_TABLES        // as in map.cpp

        .section .bss.interrupts, "aw", @nobits
        .balign 16
descriptors:            .skip 16 * VECTORS
        .global osier_interrupt_vector
osier_interrupt_vector: .skip 4

        .section .rodata.descriptors, "a"
        .balign 8
segments:
        .quad   0
        .quad   0x00af9b000000ffff      // 64-bit code, ring 0
        .quad   0x00cf93000000ffff      // data
segments_end:
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

        movl    $page_pointers + PRESENT_WRITABLE, page_map
        movl    $osier_page_directories + PRESENT_WRITABLE, %eax
        movl    $page_pointers, %edi
        movl    $PAGE_TABLES, %ecx
1:      movl    %eax, (%edi)
        addl    $4096, %eax
        addl    $8, %edi
        loop    1b
        movl    $__image_start, %eax    // at the start of a large page (arch.yaml)
2:      movl    %eax, %edi
        shrl    $21, %edi
        leal    LARGE_PAGE + PRESENT_WRITABLE(%eax), %edx
        movl    %edx, osier_page_directories(, %edi, 8)
        addl    $0x200000, %eax
        cmpl    $__image_end, %eax
        jb      2b

        movl    $page_map, %eax
        movl    %eax, %cr3
        movl    $CR4_PAE, %eax
        movl    %eax, %cr4
        movl    $MSR_EFER, %ecx
        rdmsr
        orl     $EFER_LONG_MODE, %eax
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

        movl    $vectors, %eax          // a gate: offset 15:0, selector, type, offset 31:16
        movl    $descriptors, %edi
        movl    $VECTORS, %ecx
1:      movw    %ax, (%rdi)
        movw    $CODE_SELECTOR, 2(%rdi)
        movl    %eax, 4(%rdi)
        movw    $INTERRUPT_GATE, 4(%rdi)
        addl    $16, %eax
        addl    $16, %edi
        loop    1b
        lidt    descriptors_pointer

        xorl    %ebp, %ebp              // the outermost frame
        call    osier_map_registers
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
        .if     number < 32
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

// Ends the image: hands a picture of the registers to the report (exception.cpp).
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
        call    osier_exception
        ud2                             // osier_exception does not return
