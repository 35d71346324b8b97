// SPDX-License-Identifier: Apache-2.0
// The hash of code and read-only data (FNV-1a, 64 bits, by words of 8 bytes).
#include "core/integrity.hpp"

#include "core/units.hpp"

// From the linker script: whole pages.
extern "C" const osier::u64 __image_start[], __rodata_end[];

namespace osier {
namespace {

// Written by the sealer. SAFETY: volatile, since the compiler knows it as zero.
[[gnu::section(".image_hash"), gnu::used]] const volatile u64 sealed = 0;

}  // namespace

bool image_is_as_built() {
  u64 hash = 0xcbf2'9ce4'8422'2325;
  for (const u64* word = __image_start; word != __rodata_end; ++word) {
    hash = (hash ^ *word) * 0x100'0000'01b3;
  }
  return hash == sealed;
}

}  // namespace osier
