// SPDX-License-Identifier: Apache-2.0
// How assembly moves a register to and from memory, and what else differs: 32 bits.
#pragma once

#define LOAD lw
#define STORE sw
#define REGISTER_SIZE 4
#define WORD .word
#define MENVCFG_TOP menvcfgh  // the register with the topmost bits of menvcfg
#define SATP_MODE (1 << 31)   // Sv32
