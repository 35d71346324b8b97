// SPDX-License-Identifier: Apache-2.0
// The image's heap for the standard containers, under a tag:
//
//   constinit mem::tag names{"names"};
//   std::vector<int, mem::allocator<int>> found{mem::allocator<int>{names}};
#pragma once

#include "core/platform.hpp"
#include "mem/heap.hpp"

namespace osier::mem {

// Memory that is not there is a panic. A leak is told with the line that made the allocator. Task
// context.
template <class T>
class allocator {
 public:
  using value_type = T;

  explicit allocator(tag& owner, place where = std::source_location::current())
      : owner_{&owner}, where_{where} {}
  template <class Other>
  allocator(const allocator<Other>& other) : owner_{other.owner_}, where_{other.where_} {}

  T* allocate(std::size_t count) {
    if (count > heap::most / sizeof(T)) count = heap::most / sizeof(T) + 1;  // more than any heap
    // SAFETY: as many bytes as the objects need, aligned for them.
    return static_cast<T*>(
        platform::heap().require(count * sizeof(T), *owner_, where_, alignof(T)));
  }
  void deallocate(T* objects, std::size_t /*count*/) { platform::heap().release(objects); }

  // All are of one heap.
  template <class Other>
  bool operator==(const allocator<Other>& /*other*/) const {
    return true;
  }

 private:
  template <class>
  friend class allocator;

  tag* owner_;
  place where_;
};

}  // namespace osier::mem
