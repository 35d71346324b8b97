// SPDX-License-Identifier: Apache-2.0
// Maps the registers that the image claims (Intel SDM, volume 3, 4.5, and table 11-7).
#include <array>

#include "core/panic.hpp"
#include "core/platform.hpp"

namespace osier::arch {
namespace {

// What entry.S has reserved: an entry for each 2 MiB of the first 4 GiB.
using page_directories = std::array<u64, 2048>;
constexpr u64 page_size = 2 << 20;

// Present, writable, write-through, not cached, large.
constexpr u64 register_page = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 7;

}  // namespace
}  // namespace osier::arch

// Called by entry.S, once, before osier_boot.
extern "C" void osier_map_registers(osier::arch::page_directories& directories) {
  using namespace osier;
  using namespace osier::arch;
  for (const platform::claimed_registers& block : platform::registers()) {
    const u64 first = block.base / page_size;
    const u64 last = (block.base + block.size - 1) / page_size;
    if (last >= directories.size()) panic_at(block.path, "its registers lie above 4 GiB");
    for (u64 page = first; page <= last; ++page) {
      directories[page] = page * page_size | register_page;
    }
  }
}
