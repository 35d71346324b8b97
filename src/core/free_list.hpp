// SPDX-License-Identifier: Apache-2.0
// Objects that nobody uses, threaded through their own `next`, counted.
#pragma once

#include <cstddef>

namespace osier {

// Last in, first out: what was used last is in the cache. Not to be touched from two contexts at
// once.
template <class T>
class free_list {
 public:
  std::size_t size() const { return size_; }

  void push(T& returned) {
    returned.next = first_;
    first_ = &returned;
    ++size_;
  }

  // One must be there.
  T& pop() {
    T& taken = *first_;
    first_ = taken.next;
    --size_;
    return taken;
  }

 private:
  T* first_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace osier
