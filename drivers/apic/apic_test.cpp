// SPDX-License-Identifier: Apache-2.0
// The interrupt controller over fake registers: what is masked, what is enabled and how, and what
// an interrupt's vector becomes.
#include "apic/apic.hpp"

#include <gtest/gtest.h>

#include <array>

#include "host/platform.hpp"
#include "host/registers.hpp"

namespace osier::apic {
namespace {

struct node {
  static constexpr std::string_view path = "/apic@0";
  static constexpr std::string_view origin = "dts/board.dts:1";
  static constexpr mmio::region reg = {.base = 0, .size = 0x1000};
  static constexpr mmio::region reg1 = {.base = 0, .size = 0x320};
  static constexpr mmio::region reg2 = {.base = 0, .size = 0x50};
};
struct short_node : node {
  static constexpr mmio::region reg1 = {.base = 0, .size = 0x100};
};
struct io_tag;
struct local_tag;
struct vectors_tag;
using io = host::registers<io_tag>;
using local = host::registers<local_tag>;
using vectors = host::registers<vectors_tag>;
using tested_driver = driver<node, io, local, vectors>;
static_assert(tested_driver::check());
static_assert(!driver<short_node, io, local, vectors>::check());

class apic_registers : public testing::Test {
 protected:
  void SetUp() override {
    io::reset();
    local::reset();
    vectors::reset();
    local::values[0x20] = 0x0300'0000;  // id 3
    local::values[0x30] = 0x0005'0014;
    inner = {};
    inner[1] = 0x0017'0020;  // 24 pins
    io::on_read = [this](std::size_t offset, u64 stored) {
      return offset == 0x10 ? inner[io::values[0] % inner.size()] : stored;
    };
    io::on_write = [this](std::size_t offset, u64 value) {
      if (offset == 0x10) inner[io::values[0] % inner.size()] = static_cast<u32>(value);
    };
  }
  std::array<u32, 64> inner;  // the I/O APIC's registers behind its window
};

TEST_F(apic_registers, start_masks_every_pin_and_local_vector) {
  tested_driver::start();
  for (u32 pin = 0; pin < 24; ++pin) EXPECT_EQ(inner[0x10 + 2 * pin], 0x1'0000u) << pin;
  EXPECT_EQ(vectors::values,
            (std::map<std::size_t, u64>{{0x20, 0x1'0000}, {0x30, 0x1'0000}, {0x40, 0x1'0000}}));
}

TEST_F(apic_registers, start_lets_everything_through_to_the_cpu) {
  tested_driver::start();
  EXPECT_EQ(local::values[0x80], 0u);
  EXPECT_EQ(local::values[0xf0], 0x100u | 79);
}

TEST_F(apic_registers, a_pin_goes_to_this_cpu_by_the_vector_of_its_line) {
  tested_driver::start();
  tested_driver::enable({.number = 4, .trigger = irq::edge_rising});
  tested_driver::enable({.number = 5, .trigger = irq::level_high});
  EXPECT_EQ(inner[0x18], 36u);
  EXPECT_EQ(inner[0x19], 0x0300'0000u);
  EXPECT_EQ(inner[0x1a], 0x8000u | 37);
}

TEST_F(apic_registers, a_local_line_is_its_drivers_to_unmask) {
  tested_driver::start();
  io::writes.clear();
  vectors::writes.clear();
  tested_driver::enable({.number = 24, .trigger = irq::edge_rising});
  EXPECT_TRUE(io::writes.empty());
  EXPECT_TRUE(vectors::writes.empty());
}

TEST_F(apic_registers, a_pin_that_is_not_there_is_a_panic) {
  inner[1] = 0x000f'0020;
  EXPECT_PANIC(tested_driver::enable({.number = 20, .trigger = irq::level_high}),
               "/apic@0: expected an I/O APIC with a pin 20, found 16 pins");
}

TEST_F(apic_registers, a_message_goes_to_this_cpu_by_the_vector_of_its_line) {
  const irq::line line = {.number = 25, .trigger = irq::edge_rising};
  tested_driver::start();
  io::writes.clear();
  tested_driver::enable(line);
  EXPECT_TRUE(io::writes.empty());
  const irq::message sent = tested_driver::connect(0x0008, line);
  EXPECT_EQ(sent.address, 0xfee0'3000u);
  EXPECT_EQ(sent.data, 57u);
}

TEST_F(apic_registers, nothing_at_the_address_is_a_panic) {
  local::values[0x30] = 0xffff'ffff;
  EXPECT_PANIC(tested_driver::start(),
               "/apic@0: expected a local APIC of version 0x10 to 0x1f, found 0xff");
  local::values[0x30] = 0x0005'0014;
  inner[1] = 0;
  EXPECT_PANIC(tested_driver::start(),
               "/apic@0: expected an I/O APIC of version 0x10 to 0x2f, found 0x0");
}

TEST_F(apic_registers, an_interrupt_is_taken_once_and_ended) {
  arch::taken_vector = 37;
  EXPECT_EQ(tested_driver::acknowledge(), 37u);
  EXPECT_EQ(tested_driver::line_of(37), 5u);
  EXPECT_FALSE(tested_driver::is_none(37));
  tested_driver::end(37);
  EXPECT_EQ(local::writes.back(), (host::register_write{0xb0, 0}));
  EXPECT_TRUE(tested_driver::is_none(tested_driver::acknowledge()));
}

TEST_F(apic_registers, a_spurious_interrupt_is_none) {
  arch::taken_vector = 79;
  EXPECT_TRUE(tested_driver::is_none(tested_driver::acknowledge()));
  EXPECT_TRUE(local::writes.empty());
}

}  // namespace
}  // namespace osier::apic
