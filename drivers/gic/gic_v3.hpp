// SPDX-License-Identifier: Apache-2.0
// Arm Generic Interrupt Controller, version 3 (IHI 0069): distributor, this CPU's redistributor,
// and the CPU interface in system registers.
#pragma once

#include "core/diagnostic.hpp"
#include "core/panic.hpp"
#include "gic/distributor.hpp"
#include "gic_cpu_interface.hpp"
#include "irq/line.hpp"
#include "mem/mmio.hpp"

namespace osier::gic {

// The second page of a redistributor, which holds a CPU's private lines.
template <class Redistributor>
struct private_lines {
  static constexpr std::size_t page = 0x1'0000;
  template <class T = u32>
  static T read(std::size_t offset) {
    return Redistributor::template read<T>(page + offset);
  }
  template <class T = u32>
  static void write(std::size_t offset, T value) {
    Redistributor::template write<T>(page + offset, value);
  }
};

// `Node`: reg (distributor), reg1 (redistributors, two pages of 64 KiB a CPU).
template <class Node, class Distributor = mmio::registers<Node::reg>,
          class Redistributor = mmio::registers<Node::reg1>,
          class CpuInterface = arch::gic_cpu_interface>
class v3 {
  // Redistributor register offsets and bits, in bytes (IHI 0069, table 12-27).
  static constexpr std::size_t control = 0x00;
  static constexpr u32 control_take_messages = 1;
  static constexpr std::size_t type = 0x08;
  static constexpr u64 type_takes_messages = 1;
  static constexpr std::size_t message_configuration = 0x70;
  static constexpr std::size_t message_pending = 0x78;
  static constexpr u64 nothing_is_pending = u64{1} << 62;
  static constexpr std::size_t waker = 0x14;
  static constexpr u32 processor_sleep = 1 << 1;
  static constexpr u32 children_asleep = 1 << 2;
  static constexpr std::size_t redistributor_end = 0x2'0000;
  // GICD_CTLR: group 1, affinity routing, write pending; and secure group 1, which only a secure
  // access sees, where there are two security states (IHI 0069, 12.9.4).
  static constexpr u32 enable_group_1 = 1 << 1;
  static constexpr u32 enable_secure_group_1 = 1 << 2;
  static constexpr u32 affinity_routing = 1 << 4;
  static constexpr u32 register_write_pending = u32{1} << 31;

  using shared = gic::distributor<Distributor>;
  using own = gic::distributor<private_lines<Redistributor>>;

 public:
  // LPIs, which are raised by messages, have high numbers. As lines they stand in the place of what
  // one CPU alone has no use for, the interrupts that CPUs send each other.
  static constexpr u32 first_message = 8192;
  static constexpr u32 messages = 16;

  static consteval diagnostic check() {
    if (auto refused = mmio::check_block<Node>(Node::reg, distributor_v3_end); !refused) {
      return refused;
    }
    return mmio::check_block<Node>(Node::reg1, redistributor_end);
  }

  // Masks every line, wakes the redistributor and lets the CPU interface signal. Interrupts masked
  // at the CPU.
  static void start() {
    shared::verify(Node::path, architecture_v3, distributor_v3_id);
    expect_version(Node::path, "redistributor", architecture_v3,
                   Redistributor::read(redistributor_id) >> 4);
    write_control(0);
    shared::mask_all(first_shared_word);
    write_control(affinity_routing | enable_group_1 | enable_secure_group_1);
    Redistributor::write(waker, Redistributor::read(waker) & ~processor_sleep);
    while ((Redistributor::read(waker) & children_asleep) != 0) {
    }
    private_lines<Redistributor>::write(clear_enable, ~u32{0});
    CpuInterface::enable();
  }

  // Lets this CPU take LPIs: `configuration` has a byte for each, `pending`, all zero, a bit for
  // each interrupt; ids have `id_bits` bits (IHI 0069, 5.1). Interrupts masked, after start().
  static void take_messages(arch::phys_addr configuration, arch::phys_addr pending, u32 id_bits) {
    if ((Redistributor::template read<u64>(type) & type_takes_messages) == 0) {
      panic_at(Node::path, "expected a redistributor that takes messages, found one without LPIs");
    }
    Redistributor::template write<u64>(message_configuration, configuration | (id_bits - 1));
    Redistributor::template write<u64>(message_pending, pending | nothing_is_pending);
    Redistributor::write(control, Redistributor::read(control) | control_take_messages);
  }

  // This CPU, as a translation service names it: by its redistributor's address or by its number.
  static u64 message_target(bool by_address) {
    const u64 number = Redistributor::template read<u64>(type) >> 8 & 0xffff;
    return by_address ? u64{Node::reg1.base} : number << 16;
  }

  // Unmasks a line, routed to this CPU (affinity 0.0.0.0). Messages are unmasked by who takes them.
  static void enable(irq::line line) {
    if (line.number < messages) return;
    const bool secure = (Distributor::read(distributor_control) & enable_secure_group_1) != 0;
    if (line.number < first_shared_line) {
      own::use_group_1(line.number, secure);
      own::unmask(line);
    } else {
      shared::use_group_1(line.number, secure);
      Distributor::template write<u64>(routes + 8 * line.number, u64{0});
      shared::unmask(line);
    }
  }

  // Takes the pending interrupt of the highest priority, where there is one.
  static u32 acknowledge() { return CpuInterface::acknowledge(); }
  // Messages are counted from a power of two above all lines.
  static constexpr u32 line_of(u32 taken) { return taken % first_message; }
  static constexpr bool is_none(u32 taken) {
    return taken >= first_special_number && taken < first_message;
  }
  static void end(u32 taken) { CpuInterface::end(taken); }

 private:
  static void write_control(u32 value) {
    Distributor::write(distributor_control, value);
    while ((Distributor::read(distributor_control) & register_write_pending) != 0) {
    }
  }
};

}  // namespace osier::gic
