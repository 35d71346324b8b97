// SPDX-License-Identifier: Apache-2.0
// The buddy allocator against a map, on RAM and reservations that the input draws.
//
// Input: four bytes for the holes, then two bytes for each operation.
#include "mem/buddy.hpp"

#include <cstdlib>
#include <map>
#include <vector>

namespace osier::mem {
namespace {

constexpr std::array ram = {range{"/memory@3000", 0x3000, 700 * page_size},
                            range{"/memory@800000", 0x80'0000, 1500 * page_size}};

void require(bool holds) {
  if (!holds) std::abort();
}

void run(std::span<const u8> in) {
  if (in.size() < 4) return;
  const range holes[] = {{"/a", u64{in[0]} * 5000, u64{in[1]} * 64},
                         {"/b", 0x80'0000 + u64{in[2]} * 5000, u64{in[3]} * 3000}};
  std::vector<u64> words(buddy::words(ram));
  buddy memory{ram, holes, words};
  const std::size_t all = memory.free_pages();
  std::map<u64, unsigned> held;
  std::size_t count = 0;
  for (in = in.subspan(4); in.size() >= 2; in = in.subspan(2)) {
    if (in[0] % 2 == 0) {
      const unsigned order = in[1] % buddy::orders;
      const auto block = memory.take(order);
      if (!block) continue;
      const u64 end = *block + (page_size << order);
      require(*block % (page_size << order) == 0);
      for (const range& hole : holes) {
        require(hole.size == 0 || hole.end() <= *block || end <= hole.base);
      }
      const auto next = held.lower_bound(*block);
      require(next == held.end() || end <= next->first);
      require(next == held.begin() ||
              std::prev(next)->first + (page_size << std::prev(next)->second) <= *block);
      held[*block] = order;
      count += std::size_t{1} << order;
    } else {
      const u64 address = (u64{in[0]} << 8 | in[1]) / 2 * page_size;
      const auto found = held.find(address);
      require(memory.give(address).has_value() == (found != held.end()));
      if (found == held.end()) continue;
      count -= std::size_t{1} << found->second;
      held.erase(found);
    }
    require(memory.free_pages() == all - count);
  }
  for (const auto& [block, order] : held) require(memory.give(block).has_value());
  require(memory.free_pages() == all);
}

}  // namespace
}  // namespace osier::mem

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  osier::mem::run({data, size});
  return 0;
}
