// SPDX-License-Identifier: Apache-2.0
// How assembly moves a register to and from memory: 32 bits.
#pragma once

#define LOAD lw
#define STORE sw
#define REGISTER_SIZE 4
