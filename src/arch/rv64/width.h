// SPDX-License-Identifier: Apache-2.0
// How assembly moves a register to and from memory, and what else differs: 64 bits.
#pragma once

#define LOAD ld
#define STORE sd
#define REGISTER_SIZE 8
#define WORD .quad
#define MENVCFG_TOP menvcfg  // the register with the topmost bits of menvcfg
#define SATP_MODE (8 << 60)  // Sv39
