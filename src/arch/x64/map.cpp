// SPDX-License-Identifier: Apache-2.0
// Maps the registers that the image claims, and RAM for who asks (Intel SDM, volume 3, 4.5, and
// table 11-7).
#include "core/platform.hpp"

// What entry.S has reserved: an entry for each 2 MiB of the first 4 GiB.
extern "C" osier::u64 osier_page_directories[2048];

namespace osier::arch {
namespace {

constexpr u64 page_size = 2 << 20;

// Present, writable, large; for registers also write-through and not cached.
constexpr u64 memory_page = 1 << 0 | 1 << 1 | 1 << 7;
constexpr u64 register_page = memory_page | 1 << 3 | 1 << 4;

// Below 4 GiB, where the generator keeps what the image claims. What was not present is in no TLB
// (SDM, volume 3, 4.10.2.3), and what was mapped, the image, stays as it is.
void map(u64 base, u64 size, u64 flags) {
  const u64 first = base / page_size;
  const u64 last = (base + size - 1) / page_size;
  for (u64 page = first; page <= last; ++page) {
    u64& entry = osier_page_directories[page];
    if (entry == 0) entry = page * page_size | flags;
  }
}

}  // namespace

void map_memory(u64 base, u64 size) { map(base, size, memory_page); }

}  // namespace osier::arch

// Called by entry.S, once, before osier_boot.
extern "C" void osier_map_registers() {
  using namespace osier;
  for (const platform::claimed_block& block : platform::registers()) {
    arch::map(block.base, block.size, arch::register_page);
  }
}
