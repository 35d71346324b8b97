// SPDX-License-Identifier: Apache-2.0
// Stands in for an image: what its stack is counted from.

#include "core/stack_size.inc"

  .macro entry name
  stack_size \name, 0
  .globl \name
\name:
  nop
  .endm

  .section .text.entry, "ax"
  entry _start
  entry interrupt
  entry exception
