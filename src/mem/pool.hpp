// SPDX-License-Identifier: Apache-2.0
// Objects of one type in storage of their own, at most so many: no heap, no fragments.
//
//   constinit mem::pool<session, 32> sessions;
//   auto found = sessions.make(peer);  // a unique pointer; null where all 32 are in use
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <utility>

#include "mem/slots.hpp"

namespace osier::mem {

// O(1), all but free_count(). Task context. Outlives its objects.
template <class T, std::size_t Count>
class pool {
 public:
  constexpr pool() { slots_.lend(storage_, sizeof(slot)); }
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;

  struct give_back {
    pool* from;
    void operator()(T* object) const {
      std::destroy_at(object);
      from->slots_.give(object);
    }
  };
  // The only way back is its destructor: an object is given back once, and to its own pool.
  using pointer = std::unique_ptr<T, give_back>;

  template <class... Arguments>
  [[nodiscard]] pointer make(Arguments&&... arguments) {
    void* taken = slots_.take();
    if (taken == nullptr) return {nullptr, give_back{this}};
    // SAFETY: a free slot, of the object's size and alignment.
    return {new (taken) T(std::forward<Arguments>(arguments)...), give_back{this}};
  }

  // How many are free. O(n).
  std::size_t free_count() const { return slots_.free_count(); }

 private:
  struct alignas(std::max(alignof(T), alignof(void*))) slot {
    std::array<std::byte, std::max(sizeof(T), sizeof(void*))> bytes;
  };

  alignas(slot) std::array<std::byte, Count * sizeof(slot)> storage_ = {};
  slots slots_;
};

}  // namespace osier::mem
