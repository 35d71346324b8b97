// SPDX-License-Identifier: Apache-2.0
// The memory functions that compiled code calls by name, for a little-endian CPU.
//
// Compile with -fno-builtin (or the loops become calls to themselves), -fno-unroll-loops (half the
// size) and without LTO.
//
// Every access is aligned to its own size: while translation is off, a CPU may treat all memory as
// device memory, where an unaligned access traps. No access leaves the caller's ranges, so that a
// buffer may end where mapped memory ends. Context: any.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace {

using byte = unsigned char;
using word [[gnu::may_alias]] = uintptr_t;

constexpr size_t word_size = sizeof(word);
constexpr size_t block_size = 4 * word_size;

constexpr size_t past_boundary(uintptr_t address) { return address % word_size; }

uintptr_t address_of(const void* pointer) {
  // SAFETY: only the low bits are looked at.
  return reinterpret_cast<uintptr_t>(pointer);
}

word* words(byte* pointer) {
  // SAFETY: callers pass word-aligned addresses; `word` may alias every type.
  return reinterpret_cast<word*>(pointer);
}

const word* words(const byte* pointer) {
  // SAFETY: as above.
  return reinterpret_cast<const word*>(pointer);
}

// Both addresses are word-aligned. All loads of a block come before its stores, so that memmove may
// use this for a destination below an overlapping source.
void copy_aligned_words(byte*& to, const byte*& from, size_t& size) {
  for (; size >= block_size; size -= block_size, to += block_size, from += block_size) {
    const word a = words(from)[0], b = words(from)[1], c = words(from)[2], d = words(from)[3];
    words(to)[0] = a;
    words(to)[1] = b;
    words(to)[2] = c;
    words(to)[3] = d;
  }
  for (; size >= word_size; size -= word_size, to += word_size, from += word_size) {
    *words(to) = *words(from);
  }
}

// Only `to` is word-aligned; the source also holds the word before `from`, and at least one from it
// on. Each stored word is put together from the two aligned words of the source that hold its
// bytes.
void copy_shifted_words(byte*& to, const byte*& from, size_t& size) {
  const size_t skew = past_boundary(address_of(from));
  const size_t down = 8 * skew;
  const size_t up = 8 * (word_size - skew);
  const byte* next = from - skew;
  word low = *words(next);
  for (; size >= 2 * word_size; size -= word_size, to += word_size, from += word_size) {
    next += word_size;
    const word high = *words(next);
    *words(to) = low >> down | high << up;
    low = high;
  }
}

}  // namespace

extern "C" {

void* memcpy(void* destination, const void* source, size_t size) {
  auto* to = static_cast<byte*>(destination);
  const auto* from = static_cast<const byte*>(source);
  const bool same_alignment = past_boundary(address_of(to) ^ address_of(from)) == 0;
  if (size >= (same_alignment ? 2 : 4) * word_size) {
    // copy_shifted_words reads the word below `from`, hence one word more of head.
    const size_t head = past_boundary(-address_of(to)) + (same_alignment ? 0 : word_size);
    for (const byte* const end = from + head; from != end;) *to++ = *from++;
    size -= head;
    if (same_alignment) {
      copy_aligned_words(to, from, size);
    } else {
      copy_shifted_words(to, from, size);
    }
  }
  for (; size != 0; --size) *to++ = *from++;
  return destination;
}

void* memmove(void* destination, const void* source, size_t size) {
  auto* to = static_cast<byte*>(destination);
  const auto* from = static_cast<const byte*>(source);
  // Unsigned: also true where the destination lies below. The memcpy above only ever ascends and
  // loads a byte before it stores over it, so it is right for that overlap too.
  if (address_of(to) - address_of(from) >= size) return memcpy(destination, source, size);

  to += size;
  from += size;
  const bool same_alignment = past_boundary(address_of(to) ^ address_of(from)) == 0;
  if (same_alignment && size >= 2 * word_size) {
    const size_t head = past_boundary(address_of(to));
    for (const byte* const end = from - head; from != end;) *--to = *--from;
    size -= head;
    for (; size >= word_size; size -= word_size) {
      to -= word_size;
      from -= word_size;
      *words(to) = *words(from);
    }
  }
  for (; size != 0; --size) *--to = *--from;
  return destination;
}

void* memset(void* destination, int value, size_t size) {
  auto* to = static_cast<byte*>(destination);
  const auto fill = static_cast<byte>(value);
  if (size >= 2 * word_size) {
    const size_t head = past_boundary(-address_of(to));
    for (const byte* const end = to + head; to != end;) *to++ = fill;
    size -= head;
    const word pattern = ~word{0} / 0xff * fill;
    for (; size >= block_size; size -= block_size, to += block_size) {
      words(to)[0] = pattern;
      words(to)[1] = pattern;
      words(to)[2] = pattern;
      words(to)[3] = pattern;
    }
    for (; size >= word_size; size -= word_size, to += word_size) *words(to) = pattern;
  }
  for (; size != 0; --size) *to++ = fill;
  return destination;
}

int memcmp(const void* left, const void* right, size_t size) {
  const auto* a = static_cast<const byte*>(left);
  const auto* b = static_cast<const byte*>(right);
  if (past_boundary(address_of(a) | address_of(b)) == 0) {
    for (; size >= word_size && *words(a) == *words(b); size -= word_size) {
      a += word_size;
      b += word_size;
    }
  }
  for (; size != 0; --size, ++a, ++b) {
    if (*a != *b) return *a - *b;
  }
  return 0;
}

size_t strlen(const char* text) {
  const char* end = text;
  while (*end != '\0') ++end;
  return static_cast<size_t>(end - text);
}

}  // extern "C"
