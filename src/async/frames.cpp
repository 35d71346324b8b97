// SPDX-License-Identifier: Apache-2.0
// The frame slots and their free list.
#include "async/frames.hpp"

namespace osier::async {
namespace {

struct free_slot {
  free_slot* next;
};

constinit free_slot* free_slots = nullptr;
constinit std::span<std::byte> untouched;  // slots never used yet
constinit std::size_t slot_size = 0;

}  // namespace

void lend_frames(std::span<std::byte> storage, std::size_t slot) {
  untouched = storage;
  slot_size = slot;
}

void* take_frame() noexcept {
  if (free_slot* taken = free_slots) {
    free_slots = taken->next;
    return taken;
  }
  if (untouched.size() < slot_size) return nullptr;
  void* taken = untouched.data();
  untouched = untouched.subspan(slot_size);
  return taken;
}

void give_frame(void* frame) noexcept {
  // SAFETY: only pointers from take_frame() come here: aligned slots, larger than a pointer.
  auto* returned = static_cast<free_slot*>(frame);
  returned->next = free_slots;
  free_slots = returned;
}

std::size_t free_frames() {
  std::size_t count = slot_size == 0 ? 0 : untouched.size() / slot_size;
  for (const free_slot* free = free_slots; free != nullptr; free = free->next) ++count;
  return count;
}

}  // namespace osier::async
