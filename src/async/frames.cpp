// SPDX-License-Identifier: Apache-2.0
// The frame slots.
#include "async/frames.hpp"

#include "mem/slots.hpp"

namespace osier::async {
namespace {

constinit mem::slots slots;

}  // namespace

void lend_frames(std::span<std::byte> storage, std::size_t slot) { slots.lend(storage, slot); }

void* take_frame() noexcept { return slots.take(); }

void give_frame(void* frame) noexcept { slots.give(frame); }

std::size_t free_frames() { return slots.free_count(); }

}  // namespace osier::async
