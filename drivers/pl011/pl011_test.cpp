// SPDX-License-Identifier: Apache-2.0
// The console driver against a UART whose FIFO fills and drains.
#include "pl011/pl011.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>

#include "host/platform.hpp"
#include "host/registers.hpp"

namespace osier::pl011 {
namespace {

struct node {
  static constexpr std::string_view path = "/pl011@0";
  static constexpr std::string_view origin = "dts/board.dts:1";
  static constexpr mmio::region reg = {.base = 0, .size = 0x1000};
  static constexpr hertz clock = 24'000'000_Hz;
  static constexpr u32 current_speed = 115'200;
  static constexpr u32 arm_primecell_periphid = 0;
};

using registers = host::registers<node>;
using tested_driver = driver<node, registers>;

class uart : public testing::Test {
 protected:
  void SetUp() override {
    registers::reset();
    registers::values[peripheral_id0] = 0x11;
    registers::values[peripheral_id1] = 0x10;
    registers::on_read = [this](std::size_t offset, u64 stored) {
      if (offset != flags) return stored;
      if (drains_while_polled) drain(1);
      u64 value = 0;
      if (!fifo.empty()) value |= flag_busy;
      if (fifo.size() == fifo_size) value |= flag_transmit_full;
      return value;
    };
    registers::on_write = [this](std::size_t offset, u64 value) {
      if (offset != data) return;
      ASSERT_LT(fifo.size(), fifo_size) << "a character is lost";
      fifo.push_back(static_cast<char>(value));
    };
  }

  // Time passes: characters leave the UART.
  void drain(std::size_t count) {
    for (; count > 0 && !fifo.empty(); --count) {
      line += fifo.front();
      fifo.pop_front();
    }
  }
  void interrupt() {
    host::interrupt([this](irq::context context) { driver.interrupt(context); });
  }
  static bool interrupt_enabled() { return registers::values[interrupt_mask] != 0; }

  static std::string text(std::size_t size) {
    std::string made;
    for (std::size_t i = 0; made.size() < size; ++i) made += std::to_string(i) + " ";
    return made.substr(0, size);
  }

  static constexpr std::size_t fifo_size = 16;
  static constexpr std::size_t queue_size = 1024;
  std::deque<char> fifo;
  std::string line;  // what has left
  bool drains_while_polled = false;
  tested_driver driver;
};

TEST_F(uart, starts_with_8_bits_and_the_speed_of_the_node) {
  driver.start();
  EXPECT_EQ(registers::writes, (std::vector<host::register_write>{
                                   {0x030, 0},   // off while it is changed
                                   {0x038, 0},   // no interrupt
                                   {0x024, 13},  // 24 MHz / (16 * 115200) = 13 and 1/64
                                   {0x028, 1},
                                   {0x02c, 0x70},  // 8N1, FIFO
                                   {0x030, 0x101},
                               }));
}

TEST_F(uart, another_part_is_a_panic) {
  registers::values[peripheral_id0] = 0x10;
  EXPECT_PANIC(driver.start(), "/pl011@0: expected a PL011 (part 0x011), found part 0x010");
}

TEST(divisors, are_the_nearest) {
  struct {
    hertz clock;
    u64 baud;
    u64 steps;
  } const cases[] = {
      {24'000'000_Hz, 115'200, 13 * 64 + 1},
      {7'372'800_Hz, 115'200, 4 * 64},
      {4'000'000_Hz, 230'400, 64 + 5},
      {24'000'000_Hz, 1'500'000, 64},
      {24'000'000_Hz, 0, 0},
  };
  for (const auto& [clock, baud, steps] : cases) EXPECT_EQ(divisor(clock, baud), steps) << baud;
}

template <u32 Speed>
struct node_at : node {
  static constexpr u32 current_speed = Speed;
};

struct slow_node : node {
  static constexpr hertz clock = 1'048'568_Hz;  // 65535.5 * 16
  static constexpr u32 current_speed = 1;
};

TEST(divisors, beyond_the_registers_are_refused) {
  static_assert(driver<node>::check());
  static_assert(driver<node_at<1'500'000>>::check());
  static_assert(!driver<node_at<1'600'000>>::check());
  static_assert(driver<node_at<23>>::check());
  static_assert(!driver<node_at<22>>::check());
  static_assert(!driver<node_at<0>>::check());
  static_assert(!driver<slow_node>::check(), "a divisor of 65535 takes no fraction");
}

TEST_F(uart, a_short_text_goes_out_at_once) {
  driver.write("hello");
  EXPECT_EQ(fifo.size(), 5u);
  EXPECT_FALSE(interrupt_enabled());
  drain(16);
  EXPECT_EQ(line, "hello");
}

TEST_F(uart, what_the_fifo_does_not_take_goes_out_by_interrupt) {
  const std::string whole = text(100);
  driver.write(whole);
  EXPECT_EQ(fifo.size(), fifo_size);
  EXPECT_TRUE(interrupt_enabled());
  while (interrupt_enabled()) {
    drain(8);
    interrupt();
    EXPECT_EQ(registers::values[interrupt_clear], interrupt_transmit);
  }
  drain(fifo_size);
  EXPECT_EQ(line, whole);
  interrupt();  // a spurious one changes nothing
  EXPECT_TRUE(fifo.empty());
}

TEST_F(uart, a_text_longer_than_the_queue_waits_and_loses_nothing) {
  drains_while_polled = true;
  const std::string whole = text(5 * queue_size);
  driver.write(whole);
  driver.flush("");
  EXPECT_EQ(line, whole);
}

TEST_F(uart, writing_leaves_interrupts_as_they_were) {
  for (const bool enabled : {false, true}) {
    arch::interrupts_enabled = enabled;
    driver.write("x");
    EXPECT_EQ(arch::interrupts_enabled, enabled);
  }
  arch::interrupts_enabled = false;
}

TEST_F(uart, flush_sends_the_queue_first_and_waits_for_the_last_bit) {
  const std::string queued = text(300);
  driver.write(queued);
  drains_while_polled = true;
  driver.flush("panic");
  EXPECT_EQ(line, queued + "panic");
  EXPECT_TRUE(fifo.empty());
}

TEST_F(uart, keeps_the_order_over_a_long_random_run) {
  std::mt19937 random{1};
  std::string whole;
  for (int step = 0; step < 20'000; ++step) {
    switch (random() % 3) {
      case 0: {
        const std::string piece = text(random() % 40);
        // As long as the queue has room nothing has to wait.
        if (whole.size() - line.size() + piece.size() > queue_size) break;
        whole += piece;
        driver.write(piece);
        break;
      }
      case 1: drain(random() % 20); break;
      default:
        if (interrupt_enabled() && fifo.size() < fifo_size) interrupt();
    }
    ASSERT_EQ(line, whole.substr(0, line.size()));
  }
  drains_while_polled = true;
  driver.flush("");
  EXPECT_EQ(line, whole);
}

// Of a board that states what the UART is, because the next UART lies where its identity would.
struct short_node : node {
  static constexpr mmio::region reg = {.base = 0, .size = 0x200};
  static constexpr u32 arm_primecell_periphid = 0x0024'1011;
};

TEST_F(uart, without_identity_registers_is_not_asked_for_them) {
  using short_registers = host::registers<short_node>;
  short_registers::reset();
  short_registers::on_read = [](std::size_t offset, u64 stored) {
    EXPECT_LT(offset, short_node::reg.size);
    return stored;
  };
  pl011::driver<short_node, short_registers>{}.start();
  EXPECT_EQ(short_registers::values[control], control_enable_transmit);
}

struct silent_node : short_node {
  static constexpr u32 arm_primecell_periphid = 0;
};

struct other_part : short_node {
  static constexpr u32 arm_primecell_periphid = 0x0024'1061;
};

struct unaligned_node : node {
  static constexpr mmio::region reg = {.base = 2, .size = 0x1000};
};

struct slow_clock : node {
  static constexpr hertz clock = 1'000'000_Hz;
};

TEST(nodes, that_the_uart_cannot_be_are_refused) {
  static_assert(driver<node>::check());
  static_assert(driver<short_node>::check());
  static_assert(!driver<silent_node>::check());
  static_assert(!driver<other_part>::check());
  static_assert(!driver<unaligned_node>::check());
  static_assert(!driver<slow_clock>::check());
}

}  // namespace
}  // namespace osier::pl011
