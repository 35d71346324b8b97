// SPDX-License-Identifier: Apache-2.0
// What the distributors of GICv2 (IHI 0048) and GICv3 (IHI 0069) have in common.
#pragma once

#include <string_view>

#include "core/panic.hpp"
#include "core/units.hpp"
#include "irq/line.hpp"

namespace osier::gic {

// Register offsets, in bytes (IHI 0069, table 12-25). Arrays hold one bit, two bits or one byte a
// line.
enum distributor_offset : std::size_t {
  distributor_control = 0x0000,
  distributor_type = 0x0004,
  groups = 0x0080,
  set_enable = 0x0100,
  clear_enable = 0x0180,
  targets = 0x0800,
  configuration = 0x0c00,
  group_modifiers = 0x0d00,
  distributor_v2_id = 0x0fe8,
  distributor_v2_end = 0x1000,
  routes = 0x6000,
  distributor_v3_id = 0xffe8,
  distributor_v3_end = 0x1'0000,
};

inline constexpr u32 first_shared_line = 32;       // below: private to a CPU
inline constexpr u32 first_special_number = 1020;  // acknowledge: nothing pending
inline constexpr u32 first_private_word = 0;       // lines in words of 32 bits
inline constexpr u32 first_shared_word = 1;
inline constexpr u32 architecture_v2 = 2;
inline constexpr u32 architecture_v3 = 3;
inline constexpr std::size_t redistributor_id = 0xffe8;

// Each block of registers tells its version: one at a wrong address would otherwise be waited for
// in vain, or never signal.
inline void expect_version(std::string_view path, std::string_view block, u32 expected, u32 found) {
  found &= 0xf;
  if (found == expected) return;
  panic_at(path, "expected the {} of a GICv{}, found version {}", block, expected, found);
}

// Access to lines in a block that is laid out as a distributor: also a GICv3 redistributor's.
template <class Registers>
struct distributor {
  // Checks the architecture version in the peripheral id register.
  static void verify(std::string_view path, u32 expected, std::size_t id_register) {
    expect_version(path, "distributor", expected, Registers::read(id_register) >> 4);
  }

  // Masks every line that the controller has, from a word on.
  static void mask_all(u32 first_word) {
    const u32 words = (Registers::read(distributor_type) & 0x1f) + 1;
    for (u32 word = first_word; word < words; ++word) {
      Registers::write(clear_enable + 4 * word, ~u32{0});
    }
  }

  // Unmasks one line, with its trigger.
  static void unmask(irq::line line) {
    const std::size_t trigger_register = configuration + 4 * (line.number / 16);
    const u32 edge = u32{2} << 2 * (line.number % 16);
    const u32 others = Registers::read(trigger_register) & ~edge;
    Registers::write(trigger_register, line.trigger == irq::edge_rising ? others | edge : others);
    Registers::write(set_enable + 4 * (line.number / 32), u32{1} << line.number % 32);
  }

  // Puts one line in the group that is signaled as IRQ (GICv3): group 1, or secure group 1 where
  // this CPU is in the secure one of two security states (IHI 0069, 4.6.1).
  static void use_group_1(u32 number, bool secure) {
    set_bit(groups, number, !secure);
    if (secure) set_bit(group_modifiers, number, true);
  }

 private:
  static void set_bit(std::size_t array, u32 number, bool value) {
    const std::size_t word = array + 4 * (number / 32);
    const u32 bit = u32{1} << number % 32, others = Registers::read(word) & ~bit;
    Registers::write(word, value ? others | bit : others);
  }
};

}  // namespace osier::gic
