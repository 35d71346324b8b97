// SPDX-License-Identifier: Apache-2.0
// Static storage for coroutine frames: slots of one size, lent by the image at boot.
#pragma once

#include <span>

#include "core/units.hpp"

namespace osier::async {

// The size of a frame slot in this image: `frame_slot<Promise>::size`, in bytes, a multiple of 16.
// The generated config.hpp defines it. src/*.cpp start no coroutine and so do without, which is why
// they are compiled once for all images.
template <class Promise>
struct frame_slot;

// The compiler calls this away when the frame fits, and reports it when it does not.
[[gnu::error(
    "frame larger than its slot; raise frame-size in app.dtsi, or keep less across co_await")]]
void frame_exceeds_slot();

// Gives the executor its storage: as many slots of `slot` bytes as it holds. Once, at boot.
void lend_frames(std::span<std::byte> storage, std::size_t slot);

// Takes a free slot, or nullptr where all are in use. O(1). Task context.
void* take_frame() noexcept;

// Gives a slot back. O(1). Task context.
void give_frame(void* slot) noexcept;

// How many slots are free. O(n), for tests and reports. Task context.
std::size_t free_frames();

// What a promise inherits: its frame lies in a slot, and a frame too big does not compile.
template <class Promise>
class in_slot {
 public:
  [[gnu::always_inline]] static void* operator new(std::size_t bytes) noexcept {
    if (bytes > frame_slot<Promise>::size) frame_exceeds_slot();
    return take_frame();
  }
  static void operator delete(void* slot) noexcept { give_frame(slot); }

 private:
  friend Promise;
  in_slot() = default;
};

}  // namespace osier::async
