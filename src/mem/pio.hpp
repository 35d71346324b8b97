// SPDX-License-Identifier: Apache-2.0
// Registers in a CPU's I/O space: a region from the devicetree and the bus that reads and writes
// it.
#pragma once

#include "core/units.hpp"
#include "port_io.hpp"

namespace osier::pio {

// A block of ports: the first one, and how many.
struct region {
  u16 base;
  std::size_t size;
};

// Access to one region, as mmio::registers does it for memory. Offsets are in bytes; every access
// is one instruction of exactly the register's width, in program order. Callable in any context.
template <region Region>
struct registers {
  template <class T = u32>
  static T read(std::size_t offset) {
    return arch::read_port<T>(static_cast<u16>(Region.base + offset));
  }

  template <class T = u32>
  static void write(std::size_t offset, T value) {
    arch::write_port<T>(static_cast<u16>(Region.base + offset), value);
  }
};

}  // namespace osier::pio
