// SPDX-License-Identifier: Apache-2.0
// Slots of one size in storage that somebody lends; what was given back last is taken first.
#pragma once

#include <span>

#include "core/units.hpp"

namespace osier::mem {

// O(1), all but free_count(). Not to be touched from two contexts at once.
class slots {
 public:
  // As many slots of `size` bytes as the storage holds. Both are multiples of a pointer's
  // alignment, and a slot holds one. Nothing is written before a slot is used.
  constexpr void lend(std::span<std::byte> storage, std::size_t size) {
    untouched_ = storage;
    size_ = size;
  }

  // A free slot with whatever it holds, or nullptr where all are in use.
  void* take() {
    if (link* taken = given_) {
      given_ = taken->next;
      return taken;
    }
    if (untouched_.size() < size_) return nullptr;
    void* taken = untouched_.data();
    untouched_ = untouched_.subspan(size_);
    return taken;
  }

  void give(void* slot) {
    // SAFETY: only pointers from take() come here: aligned, and larger than a link.
    auto* given = static_cast<link*>(slot);
    given->next = given_;
    given_ = given;
  }

  // How many are free. O(n), for tests and reports.
  std::size_t free_count() const {
    std::size_t count = size_ == 0 ? 0 : untouched_.size() / size_;
    for (const link* each = given_; each != nullptr; each = each->next) ++count;
    return count;
  }

 private:
  struct link {
    link* next;
  };

  link* given_ = nullptr;
  std::span<std::byte> untouched_;  // slots never used yet
  std::size_t size_ = 0;
};

}  // namespace osier::mem
