// SPDX-License-Identifier: Apache-2.0
// The heap against what its blocks were filled with.
//
// Input: four bytes for each operation: what to do, with which block, and a size.
#include "mem/heap.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace osier::mem {
namespace {

struct held {
  std::byte* bytes;
  std::size_t size;
  std::byte value;

  bool is_filled(std::size_t count) const {
    return std::all_of(bytes, bytes + count, [this](std::byte found) { return found == value; });
  }
};

alignas(heap::alignment) std::byte storage[16 * 1024];

void require(bool holds) {
  if (!holds) std::abort();
}

void run(std::span<const u8> in) {
  heap memory;
  memory.lend(storage);
  tag things{"things"};
  std::array<held, 64> blocks = {};
  std::size_t sum = 0, count = 0;
  for (; in.size() >= 4; in = in.subspan(4)) {
    held& chosen = blocks[in[1] % blocks.size()];
    const std::size_t size = in[2] | std::size_t{in[3]} << 8;
    if (chosen.bytes == nullptr) {
      const std::size_t align = std::size_t{16} << (in[0] % 8);
      auto* found = static_cast<std::byte*>(
          memory.allocate(size, things, std::source_location::current(), align));
      if (found == nullptr) continue;
      require(reinterpret_cast<std::uintptr_t>(found) % align == 0);
      chosen = {found, size, static_cast<std::byte>(in[0])};
      std::fill_n(found, size, chosen.value);
      sum += size;
      ++count;
    } else if (in[0] % 4 == 0) {
      auto* moved = static_cast<std::byte*>(memory.resize(chosen.bytes, size));
      require(moved != nullptr || chosen.is_filled(chosen.size));
      if (moved == nullptr) continue;
      chosen.bytes = moved;
      require(chosen.is_filled(std::min(chosen.size, size)));
      sum += size - chosen.size;
      chosen.size = size;
      std::fill_n(moved, size, chosen.value);
    } else {
      require(chosen.is_filled(chosen.size));
      memory.release(std::exchange(chosen.bytes, nullptr));
      sum -= chosen.size;
      --count;
    }
    require(things.bytes() == sum && memory.blocks() == count);
  }
  require(memory.is_sound());
  for (const held& each : blocks) {
    if (each.bytes == nullptr) continue;
    require(each.is_filled(each.size));
    memory.release(each.bytes);
  }
  require(memory.free_bytes() == sizeof(storage) && memory.is_sound());
}

}  // namespace
}  // namespace osier::mem

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  osier::mem::run({data, size});
  return 0;
}
