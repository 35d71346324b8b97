// SPDX-License-Identifier: Apache-2.0
// Static storage for coroutine frames: config::frame_count slots of config::frame_size bytes.
#pragma once

#include "config.hpp"
#include "core/units.hpp"

namespace osier::async {

// The compiler calls this away when the frame fits, and reports it when it does not.
[[gnu::error(
    "a coroutine frame is larger than its slot: raise frame-size in app.dtsi, or keep "
    "fewer variables alive across co_await")]]
void coroutine_frame_exceeds_its_slot();

// Takes a free slot, or nullptr where all are in use. O(1). Task context.
void* take_frame() noexcept;

// Gives a slot back. O(1). Task context.
void give_frame(void* slot) noexcept;

// How many slots are free. O(n), for tests and reports. Task context.
std::size_t free_frames();

// What a promise inherits: its frame lies in a slot, and a frame too big does not compile.
struct in_slot {
  [[gnu::always_inline]] static void* operator new(std::size_t bytes) noexcept {
    if (bytes > config::frame_size) coroutine_frame_exceeds_its_slot();
    return take_frame();
  }
  static void operator delete(void* slot) noexcept { give_frame(slot); }
};

}  // namespace osier::async
