// SPDX-License-Identifier: Apache-2.0
// GICv2m message frame (Server Base System Architecture, appendix E): a write to it raises one of
// the shared interrupts that belong to it.
#pragma once

#include "core/diagnostic.hpp"
#include "core/panic.hpp"
#include "core/units.hpp"
#include "irq/line.hpp"
#include "irq/message.hpp"
#include "mem/mmio.hpp"

namespace osier::gic {

// `Node`: path, reg, arm_msi_base_spi (an interrupt id), arm_msi_num_spis.
template <class Node, class Frame = mmio::registers<Node::reg>>
class v2m {
  // Register offsets, in bytes (table 9).
  enum offset : std::size_t { type = 0x008, set_spi = 0x040, block_end = 0x1000 };

 public:
  static consteval diagnostic check() { return mmio::check_block<Node>(Node::reg, block_end); }

  // Checks that the frame has the interrupts that the devicetree gives it. Interrupts masked.
  static void start() {
    const u32 found = Frame::read(type);
    const u32 first = found >> 16 & 0x3ff;
    const u32 count = found & 0x3ff;
    if (first != Node::arm_msi_base_spi || count != Node::arm_msi_num_spis) {
      panic_at(Node::path, "expected {} interrupts from id {} on, found {} from id {} on",
               Node::arm_msi_num_spis, Node::arm_msi_base_spi, count, first);
    }
  }

  // The message that raises a line, whoever sends it.
  static irq::message connect(u32 /*source*/, irq::line line) {
    return {.address = Node::reg.base + set_spi, .data = line.number};
  }
};

}  // namespace osier::gic
