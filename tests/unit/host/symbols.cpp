// SPDX-License-Identifier: Apache-2.0
// The symbol table of an image before its second link, which is empty, for tests that bring none of
// their own. The names are those of the linker script.
//
// SAFETY: data only.
asm(R"(
  .section .rodata
  .global __image_start
__image_start:
  .global __symbols_start
__symbols_start:
  .global __symbols_end
__symbols_end:
  .long 0
  .text
)");
