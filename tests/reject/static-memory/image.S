// SPDX-License-Identifier: Apache-2.0
// Stands in for an image: an entry, and 544 KiB of buffers (256 + 16 packets of 2 KiB).

  .section .text.entry, "ax"
  .globl _start
_start:
  nop

  .section .noinit, "aw", @nobits
  .space 272 * 2048
