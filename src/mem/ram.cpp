// SPDX-License-Identifier: Apache-2.0
// The end of RAM, tried once.
#include "mem/ram.hpp"

#include "arch.hpp"
#include "core/panic.hpp"
#include "core/platform.hpp"

namespace osier::mem {

void verify_ram() {
  const platform::claimed_block stated = platform::ram();
  constexpr u32 probe = 0x51e70a3d;  // neither all zeros nor all ones, as which absent RAM may read
  // Whole words: a reservation may end anywhere.
  const u64 last = (stated.base + stated.size) / sizeof(probe) * sizeof(probe) - sizeof(probe);
  faults_are_about(stated.path);
  // SAFETY: RAM by the tree, and what it held is put back: the image may end there. Volatile
  // because whether it keeps what is written is the question.
  auto* word = reinterpret_cast<volatile u32*>(static_cast<arch::phys_addr>(last));
  const u32 kept = *word;
  *word = probe;
  if (const u32 found = *word; found != probe) {
    panic_at(stated.path, "expected RAM up to {:#x}, found none that keeps what is written there",
             stated.base + stated.size);
  }
  *word = kept;
  faults_are_about({});
}

}  // namespace osier::mem
