// SPDX-License-Identifier: Apache-2.0
// Where the handling of an interrupt begins.
#pragma once

// Handles one pending interrupt, where there is one. Defined by the generated code; called by the
// architecture's, with interrupts masked: at the exception, or where the CPU has waited for it.
extern "C" void osier_interrupt();
