// SPDX-License-Identifier: Apache-2.0
// How assembly moves a register to and from memory: 64 bits.
#pragma once

#define LOAD ld
#define STORE sd
#define REGISTER_SIZE 8
