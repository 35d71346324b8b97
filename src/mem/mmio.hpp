// SPDX-License-Identifier: Apache-2.0
// Memory-mapped registers: a region from the devicetree and the bus that reads and writes it.
#pragma once

#include "arch.hpp"
#include "core/diagnostic.hpp"
#include "core/units.hpp"

namespace osier::mmio {

// A block of registers: physical address and size, in bytes.
struct region {
  arch::phys_addr base;
  std::size_t size;
};

// Access to one region. Offsets are in bytes; every access is one load or store of exactly the
// register's width, in program order. Callable in any context. Drivers are templates over this
// type, so that a host test puts a fake device in its place.
template <region Region>
struct registers {
  template <class T = u32>
  static T read(std::size_t offset) {
    // SAFETY: the region comes from the devicetree and is claimed by one driver; volatile because
    // a register may change, and reading it may act.
    return *reinterpret_cast<const volatile T*>(Region.base + offset);
  }

  template <class T = u32>
  static void write(std::size_t offset, T value) {
    // SAFETY: as above; the write must happen exactly once, as written.
    *reinterpret_cast<volatile T*>(Region.base + offset) = value;
  }
};

// Refuses a node whose register block, in whichever space, begins where its driver cannot access
// `width` bytes at once, or is smaller than what the driver touches.
template <class Node>
consteval diagnostic check_block(auto block, std::size_t needed, std::size_t width = sizeof(u32)) {
  if (block.base % width != 0) {
    return diagnostic::at<Node>()
        .add("a register block at ")
        .add_hex(block.base)
        .add("; the driver accesses ")
        .add(width)
        .add(" bytes at once, which lie at a multiple of that; nearest: ")
        .add_hex(block.base / width * width);
  }
  if (block.size >= needed) return {};
  return diagnostic::at<Node>()
      .add("a register block of ")
      .add_hex(block.size)
      .add(" bytes; the driver's last register ends at ")
      .add_hex(needed)
      .add("; make its size at least ")
      .add_hex(needed);
}

}  // namespace osier::mmio
