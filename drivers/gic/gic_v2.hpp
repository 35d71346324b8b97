// SPDX-License-Identifier: Apache-2.0
// Arm Generic Interrupt Controller, version 2 (IHI 0048): distributor and memory-mapped CPU
// interface.
#pragma once

#include "core/diagnostic.hpp"
#include "core/panic.hpp"
#include "gic/distributor.hpp"
#include "irq/line.hpp"
#include "mem/mmio.hpp"

namespace osier::gic {

// `Node`: reg (distributor), reg1 (CPU interface).
template <class Node, class Distributor = mmio::registers<Node::reg>,
          class CpuInterface = mmio::registers<Node::reg1>>
class v2 {
  // CPU interface register offsets, in bytes (IHI 0048, table 4-2).
  enum offset : std::size_t {
    control = 0x00,
    priority_mask = 0x04,
    interrupt_acknowledge = 0x0c,
    end_of_interrupt = 0x10,
    identification = 0xfc,
    block_end = 0x100,
  };
  using distributor = gic::distributor<Distributor>;

 public:
  static consteval diagnostic check() {
    if (auto refused = mmio::check_block<Node>(Node::reg, distributor_v2_end); !refused) {
      return refused;
    }
    return mmio::check_block<Node>(Node::reg1, block_end);
  }

  // Masks every line, then lets the CPU interface signal. Interrupts masked at the CPU.
  static void start() {
    distributor::verify(Node::path, architecture_v2, distributor_v2_id);
    expect_version(Node::path, "CPU interface", architecture_v2,
                   CpuInterface::read(identification) >> 16);
    Distributor::write(distributor_control, u32{0});
    distributor::mask_all(first_private_word);
    CpuInterface::write(priority_mask, u32{0xff});
    CpuInterface::write(control, u32{1});
    Distributor::write(distributor_control, u32{1});
  }

  // Unmasks a line, sent to this CPU.
  static void enable(irq::line line) {
    if (line.number >= first_shared_line) {
      Distributor::template write<u8>(targets + line.number, u8{1});
    }
    distributor::unmask(line);
  }

  // Takes the pending interrupt of the highest priority, where there is one.
  static u32 acknowledge() { return CpuInterface::read(interrupt_acknowledge); }
  static constexpr u32 line_of(u32 taken) { return taken; }
  static constexpr bool is_none(u32 taken) { return taken >= first_special_number; }
  static void end(u32 taken) { CpuInterface::write(end_of_interrupt, taken); }
};

}  // namespace osier::gic
