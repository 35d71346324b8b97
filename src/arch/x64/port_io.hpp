// SPDX-License-Identifier: Apache-2.0
// The instructions of the I/O address space (Intel SDM, volume 1, chapter 19).
#pragma once

#include "core/units.hpp"

namespace osier::arch {

// Reads a port in exactly the width of T. Any context.
template <class T>
T read_port(u16 port) {
  T value;
  // SAFETY: the caller owns the port; volatile because reading a device may act.
  if constexpr (sizeof(T) == 1) asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
  if constexpr (sizeof(T) == 2) asm volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
  if constexpr (sizeof(T) == 4) asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
  static_assert(sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4, "a port is 1, 2 or 4 bytes");
  return value;
}

// Writes a port in exactly the width of T. Any context.
template <class T>
void write_port(u16 port, T value) {
  // SAFETY: as above.
  if constexpr (sizeof(T) == 1) asm volatile("outb %0, %1" ::"a"(value), "Nd"(port) : "memory");
  if constexpr (sizeof(T) == 2) asm volatile("outw %0, %1" ::"a"(value), "Nd"(port) : "memory");
  if constexpr (sizeof(T) == 4) asm volatile("outl %0, %1" ::"a"(value), "Nd"(port) : "memory");
  static_assert(sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4, "a port is 1, 2 or 4 bytes");
}

}  // namespace osier::arch
