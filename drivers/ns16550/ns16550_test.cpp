// SPDX-License-Identifier: Apache-2.0
// The console driver against a UART that tells only when its FIFO is empty.
#include "ns16550/ns16550.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "host/platform.hpp"
#include "host/registers.hpp"

namespace osier::ns16550 {
namespace {

struct node {
  static constexpr std::string_view path = "/serial@0";
  static constexpr std::string_view origin = "dts/board.dts:1";
  static constexpr mmio::region reg = {.base = 0, .size = 0x100};
  static constexpr hertz clock = 3'686'400_Hz;
  static constexpr u32 current_speed = 115'200;
  static constexpr u32 reg_shift = 0;
  static constexpr u32 reg_io_width = 1;
};

struct wide_node : node {
  static constexpr u32 reg_shift = 2;
  static constexpr u32 reg_io_width = 4;
};

// A 16550A whose registers lie as a node says.
template <class Node>
class uart : public testing::Test {
 protected:
  using registers = host::registers<Node>;
  using tested_driver = driver<Node, registers>;

  void SetUp() override {
    registers::reset();
    registers::on_read = [this](std::size_t offset, u64 stored) -> u64 {
      switch (offset >> Node::reg_shift) {
        case interrupt_identity: return has_fifos ? 0xc1 : 0x01;
        case line_status:
          if (drains_while_polled) drain(1);
          return fifo.empty() ? status_transmit_empty | status_idle : 0;
        default: return stored;
      }
    };
    registers::on_write = [this](std::size_t offset, u64 value) {
      if (offset >> Node::reg_shift != data || latch_is_open()) return;
      ASSERT_LT(fifo.size(), fifo_depth) << "a character is lost";
      fifo.push_back(static_cast<char>(value));
    };
  }

  static u64& value(number which) { return registers::values[which << Node::reg_shift]; }
  static bool latch_is_open() { return (value(line_control) & line_open_latch) != 0; }
  static bool interrupt_enabled() { return value(interrupt_enable) != 0; }
  void interrupt() {
    host::interrupt([this](irq::context context) { driver.interrupt(context); });
  }
  void drain(std::size_t count) {
    for (; count > 0 && !fifo.empty(); --count) {
      line += fifo.front();
      fifo.pop_front();
    }
  }
  static std::string text(std::size_t size) {
    std::string made;
    for (std::size_t i = 0; made.size() < size; ++i) made += std::to_string(i) + " ";
    return made.substr(0, size);
  }

  std::deque<char> fifo;
  std::string line;  // what has left
  bool has_fifos = true;
  bool drains_while_polled = false;
  tested_driver driver;
};

using narrow_uart = uart<node>;
using wide_uart = uart<wide_node>;

TEST_F(narrow_uart, starts_with_8_bits_and_the_speed_of_the_node) {
  driver.start();
  EXPECT_EQ(registers::writes, (std::vector<host::register_write>{{7, 0x5a, 1},
                                                                  {7, 0xa5, 1},
                                                                  {1, 0, 1},  // no interrupt
                                                                  {3, 0x80, 1},
                                                                  {0, 2, 1},  // the divisor
                                                                  {1, 0, 1},
                                                                  {3, 0x03, 1},  // 8N1
                                                                  {4, 0x0b, 1},
                                                                  {2, 0x07, 1}}));
}

TEST_F(wide_uart, registers_lie_and_are_accessed_as_the_node_says) {
  driver.start();
  for (const auto& write : registers::writes) {
    EXPECT_EQ(write.width, 4u);
    EXPECT_EQ(write.offset % 4, 0u);
  }
  driver.write("hello");
  drain(5);
  EXPECT_EQ(line, "hello");
}

TEST_F(wide_uart, a_line_control_that_is_refused_while_busy_is_written_again) {
  int busy = 3;
  registers::on_read = [&](std::size_t offset, u64 stored) -> u64 {
    const std::size_t which = offset >> wide_node::reg_shift;
    if (which == interrupt_identity) return 0xc7;
    if (which == line_control && busy > 0) {
      --busy;
      return 0x40;
    }
    return stored;
  };
  driver.start();
  EXPECT_EQ(busy, 0);
  EXPECT_EQ(value(line_control), line_8_bits);
  registers::on_read = [&](std::size_t offset, u64 stored) -> u64 {
    if (offset >> wide_node::reg_shift == interrupt_identity) return 0xc7;
    if (offset >> wide_node::reg_shift == uart_status) ++busy;
    return stored;
  };
  interrupt();
  EXPECT_EQ(busy, 1) << "only reading the status ends this interrupt";
}

TEST_F(wide_uart, one_that_stays_busy_is_a_panic) {
  registers::on_read = [](std::size_t offset, u64 stored) -> u64 {
    const std::size_t which = offset >> wide_node::reg_shift;
    return which == interrupt_identity ? 0xc7 : which == line_control ? 0x40 : stored;
  };
  EXPECT_PANIC(driver.start(), "expected the line control 0x80, found 0x40: the UART stays busy");
}

TEST_F(narrow_uart, without_fifos_is_a_panic) {
  has_fifos = false;
  EXPECT_PANIC(driver.start(), "/serial@0: expected a 16550A with FIFOs");
}

TEST_F(narrow_uart, without_a_scratch_register_is_a_panic) {
  registers::on_read = [](std::size_t, u64) { return 0xff; };
  EXPECT_PANIC(driver.start(),
               "/serial@0: expected a 16550A whose scratch register holds 0x5a, found 0xff");
}

TEST_F(narrow_uart, a_short_text_goes_out_at_once) {
  driver.write("hello");
  EXPECT_EQ(fifo.size(), 5u);
  EXPECT_FALSE(interrupt_enabled());
}

TEST_F(narrow_uart, what_the_fifo_does_not_take_goes_out_by_interrupt) {
  const std::string whole = text(100);
  driver.write(whole);
  EXPECT_EQ(fifo.size(), fifo_depth);
  while (interrupt_enabled()) {
    drain(fifo_depth);
    interrupt();
  }
  drain(fifo_depth);
  EXPECT_EQ(line, whole);
  interrupt();  // a spurious one changes nothing
  EXPECT_TRUE(fifo.empty());
}

TEST_F(narrow_uart, a_text_longer_than_the_queue_waits_and_loses_nothing) {
  drains_while_polled = true;
  const std::string whole = text(5000);
  driver.write(whole);
  driver.flush("");
  EXPECT_EQ(line, whole);
}

TEST_F(narrow_uart, flush_sends_the_queue_first_and_waits_for_the_last_bit) {
  const std::string queued = text(300);
  driver.write(queued);
  drains_while_polled = true;
  driver.flush("panic");
  EXPECT_EQ(line, queued + "panic");
  EXPECT_TRUE(fifo.empty());
}

TEST(divisors, are_the_nearest) {
  EXPECT_EQ(divisor(3'686'400_Hz, 115'200), 2u);
  EXPECT_EQ(divisor(1'843'200_Hz, 115'200), 1u);
  EXPECT_EQ(divisor(1'843'200_Hz, 9'600), 12u);
  EXPECT_EQ(divisor(1'843'200_Hz, 0), 0u);
}

template <u32 Speed>
struct node_at : node {
  static constexpr u32 current_speed = Speed;
};

struct short_node : wide_node {
  static constexpr mmio::region reg = {.base = 0, .size = 8};
};

TEST(nodes, that_the_uart_cannot_be_are_refused) {
  static_assert(driver<node>::check());
  static_assert(driver<wide_node>::check());
  static_assert(driver<node_at<230'400>>::check());
  static_assert(!driver<node_at<4'000'000>>::check());
  static_assert(!driver<node_at<3>>::check());
  static_assert(!driver<node_at<170'000>>::check());  // 230400 or 115200, both too far off
  static_assert(!driver<short_node>::check());
}

}  // namespace
}  // namespace osier::ns16550
