// SPDX-License-Identifier: Apache-2.0
// `new` and `malloc`, by their tags, from the image's heap. Linked into images that have one only.
//
// A block's place is whoever called: the function that the call returns to.
#include <stdlib.h>
#include <string.h>

#include <new>

#include "core/platform.hpp"
#include "mem/heap.hpp"

using osier::mem::place;
using osier::platform::heap;

namespace {

constinit osier::mem::tag of_new{"new"};
constinit osier::mem::tag of_malloc{"malloc"};

constexpr bool is_power_of_two(std::size_t number) {
  return number != 0 && (number & (number - 1)) == 0;
}

}  // namespace

#define CALLER place::caller(__builtin_return_address(0))

const std::nothrow_t std::nothrow{};

void* operator new(std::size_t size) { return heap().require(size, of_new, CALLER); }
void* operator new[](std::size_t size) { return heap().require(size, of_new, CALLER); }
void* operator new(std::size_t size, std::align_val_t align) {
  return heap().require(size, of_new, CALLER, static_cast<std::size_t>(align));
}
void* operator new[](std::size_t size, std::align_val_t align) {
  return heap().require(size, of_new, CALLER, static_cast<std::size_t>(align));
}
void* operator new(std::size_t size, const std::nothrow_t& /*null instead*/) noexcept {
  return heap().allocate(size, of_new, CALLER);
}
void* operator new[](std::size_t size, const std::nothrow_t& /*null instead*/) noexcept {
  return heap().allocate(size, of_new, CALLER);
}
void* operator new(std::size_t size, std::align_val_t align,
                   const std::nothrow_t& /*null instead*/) noexcept {
  return heap().allocate(size, of_new, CALLER, static_cast<std::size_t>(align));
}
void* operator new[](std::size_t size, std::align_val_t align,
                     const std::nothrow_t& /*null instead*/) noexcept {
  return heap().allocate(size, of_new, CALLER, static_cast<std::size_t>(align));
}

void operator delete(void* bytes) noexcept { heap().release(bytes); }
void operator delete[](void* bytes) noexcept { heap().release(bytes); }
void operator delete(void* bytes, std::size_t) noexcept { heap().release(bytes); }
void operator delete[](void* bytes, std::size_t) noexcept { heap().release(bytes); }
void operator delete(void* bytes, std::align_val_t) noexcept { heap().release(bytes); }
void operator delete[](void* bytes, std::align_val_t) noexcept { heap().release(bytes); }
void operator delete(void* bytes, std::size_t, std::align_val_t) noexcept { heap().release(bytes); }
void operator delete[](void* bytes, std::size_t, std::align_val_t) noexcept {
  heap().release(bytes);
}
void operator delete(void* bytes, const std::nothrow_t&) noexcept { heap().release(bytes); }
void operator delete[](void* bytes, const std::nothrow_t&) noexcept { heap().release(bytes); }

extern "C" {

void* malloc(size_t size) { return heap().allocate(size, of_malloc, CALLER); }

void free(void* bytes) { heap().release(bytes); }

void* calloc(size_t count, size_t size) {
  size_t all = 0;
  if (__builtin_mul_overflow(count, size, &all)) return nullptr;
  void* found = heap().allocate(all, of_malloc, CALLER);
  if (found != nullptr) memset(found, 0, all);
  return found;
}

void* realloc(void* bytes, size_t size) {
  if (bytes == nullptr) return heap().allocate(size, of_malloc, CALLER);
  return heap().resize(bytes, size, CALLER);
}

// C11, 7.22.3.1; an alignment that is none is refused.
void* aligned_alloc(size_t align, size_t size) {
  if (!is_power_of_two(align)) return nullptr;
  return heap().allocate(size, of_malloc, CALLER, align);
}

}  // extern "C"
