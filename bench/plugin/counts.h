// SPDX-License-Identifier: Apache-2.0
// What the plugin counts, in memory that it shares with the bench: C and C++.
//
// The plugin alone writes, while the guest runs; numbers are in the host's byte order.
#pragma once

#include <stdint.h>

enum { counted_marks = 8, counted_blocks = 1 << 18 };

// An instruction of interest.
struct counted_mark {
  uint64_t executions;
  uint64_t first;  // instructions executed before its first time; meaningless until then
};

// A translated block. One that is translated anew is another entry.
struct counted_block {
  uint64_t address;       // of its first instruction
  uint64_t instructions;  // its length
  uint64_t executions;
};

struct counts {
  uint64_t instructions;
  uint64_t device_accesses;  // loads and stores that a device answers
  uint64_t doorbells;        // those of them that notify a virtqueue
  struct counted_mark marks[counted_marks];
  uint64_t blocks_used;
  struct counted_block blocks[counted_blocks];
};
