// SPDX-License-Identifier: Apache-2.0
// How much stack a function in assembly needs, in bytes, in the form of the compiler's
// -fstack-size-section: gen/stack.py bounds the stack of the image with it.
#pragma once

        .macro  stack_size function, bytes
        .pushsection .stack_sizes, "", %progbits
        .dc.a   \function
        .uleb128 \bytes
        .popsection
        .endm
