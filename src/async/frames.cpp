// SPDX-License-Identifier: Apache-2.0
// The frame slots and their free list.
#include "async/frames.hpp"

namespace osier::async {
namespace {

union slot {
  slot* next_free;
  alignas(16) std::byte frame[config::frame_size];
};

[[gnu::section(".noinit")]] slot slots[config::frame_count];
constinit slot* free_slots = nullptr;
constinit std::size_t untouched = config::frame_count;  // slots never used yet, from the front

}  // namespace

void* take_frame() noexcept {
  if (slot* taken = free_slots) {
    free_slots = taken->next_free;
    return taken;
  }
  if (untouched == 0) return nullptr;
  return &slots[config::frame_count - untouched--];
}

void give_frame(void* frame) noexcept {
  // SAFETY: only pointers from take_frame() come here, and those are slots.
  auto* returned = static_cast<slot*>(frame);
  returned->next_free = free_slots;
  free_slots = returned;
}

std::size_t free_frames() {
  std::size_t count = untouched;
  for (const slot* free = free_slots; free != nullptr; free = free->next_free) ++count;
  return count;
}

}  // namespace osier::async
