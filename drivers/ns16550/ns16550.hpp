// SPDX-License-Identifier: Apache-2.0
// UARTs compatible with National Semiconductor's 16550A (PC16550D data sheet): the console. Those
// of Synopsys (DW_apb_uart databook) too, which refuse a new line control while they are busy.
#pragma once

#include <string_view>

#include "console/baud.hpp"
#include "console/transmit_queue.hpp"
#include "core/diagnostic.hpp"
#include "core/panic.hpp"
#include "core/units.hpp"
#include "irq/line.hpp"
#include "mem/mmio.hpp"

namespace osier::ns16550 {

// Registers by number (PC16550D, table II).
enum number : std::size_t {
  data = 0,                // the divisor's low byte while the latch is open
  interrupt_enable = 1,    // the divisor's high byte while the latch is open
  interrupt_identity = 2,  // read
  fifo_control = 2,        // write
  line_control = 3,
  modem_control = 4,
  line_status = 5,
  scratch = 7,
  register_count = 8,
  uart_status = 31,  // of a DW_apb_uart
};

inline constexpr u8 interrupt_transmit = 1 << 1;
inline constexpr u8 identity_reason = 0xf;
inline constexpr u8 reason_busy = 7;  // of a DW_apb_uart: a line control was refused
inline constexpr u8 identity_fifos = 0b11 << 6;
inline constexpr u8 fifo_enable_and_clear = 0b111;
inline constexpr u8 line_8_bits = 0b11;
inline constexpr u8 line_open_latch = 1 << 7;
// Data terminal ready, request to send, and output 2, which lets interrupts out on a PC.
inline constexpr u8 modem_ready = 0b1011;
inline constexpr u8 status_transmit_empty = 1 << 5;
inline constexpr u8 status_idle = 1 << 6;
inline constexpr std::size_t fifo_depth = 16;

// The divisor that comes nearest to a rate: clock / (16 × baud), rounded.
constexpr u64 divisor(hertz clock, u64 baud) { return console::divisor(clock, baud, 1); }

// `Node`: reg, irq, clock, current_speed, reg_shift (registers lie 1 << shift bytes apart),
// reg_io_width (bytes of an access). `Registers`: a bus with read and write, or a fake.
template <class Node, class Registers = mmio::registers<Node::reg>>
class driver {
  static u8 read(number which) {
    if constexpr (Node::reg_io_width == 4) {
      return static_cast<u8>(Registers::template read<u32>(which << Node::reg_shift));
    } else {
      return Registers::template read<u8>(which << Node::reg_shift);
    }
  }
  static void write(number which, u8 value) {
    if constexpr (Node::reg_io_width == 4) {
      Registers::template write<u32>(which << Node::reg_shift, value);
    } else {
      Registers::template write<u8>(which << Node::reg_shift, value);
    }
  }

  // The FIFO tells only whether it is empty; then it takes as much as it holds.
  struct port {
    static std::size_t room() {
      return (read(line_status) & status_transmit_empty) != 0 ? fifo_depth : 0;
    }
    static void put(char c) { write(data, static_cast<u8>(c)); }
    static bool idle() { return (read(line_status) & status_idle) != 0; }
    static void request_interrupt(bool wanted) {
      write(interrupt_enable, wanted ? interrupt_transmit : u8{0});
    }
  };

 public:
  // What is wrong with the node, as far as this driver can tell; nothing where it is accepted.
  static consteval diagnostic check() {
    constexpr std::size_t needed = ((register_count - 1) << Node::reg_shift) + Node::reg_io_width;
    if (auto refused = mmio::check_block<Node>(Node::reg, needed, Node::reg_io_width); !refused) {
      return refused;
    }
    return console::check_baud<Node>(1);
  }

  // Checks that this is a 16550A, and sets the line to 8N1 at the node's speed. Interrupts masked.
  void start() {
    verify_scratch(0x5a);
    verify_scratch(0xa5);
    constexpr u64 steps = divisor(Node::clock, Node::current_speed);
    write(interrupt_enable, 0);
    set_line(line_open_latch);
    write(data, u8{steps % 256});
    write(interrupt_enable, u8{steps / 256});
    set_line(line_8_bits);
    write(modem_control, modem_ready);
    write(fifo_control, fifo_enable_and_clear);
    if (const u8 found = read(interrupt_identity); (found & identity_fifos) != identity_fifos) {
      panic_at(Node::path, "expected a 16550A with FIFOs, found a UART without (identity {:#04x})",
               found);
    }
  }

  // Queues text; what the UART does not take at once goes out by interrupt. Waits, polling, only
  // where the queue is full. Any context.
  void write(std::string_view text) { queue_.write(text); }

  // Sends what is queued, then the text, and returns when the last bit has left. Interrupts masked.
  void flush(std::string_view text) { queue_.flush(text); }

  // The UART has room again; reading the identity acknowledges that.
  void interrupt(irq::context) {
    if ((read(interrupt_identity) & identity_reason) == reason_busy) acknowledge_busy();
    queue_.send_what_fits();
  }

 private:
  // A UART that still sends what the boot loader printed, or receives, may refuse it.
  static void set_line(u8 value) {
    for (int tries = 0; tries < 1'000'000; ++tries) {
      write(line_control, value);
      if (read(line_control) == value) return;
    }
    panic_at(Node::path, "expected the line control {:#04x}, found {:#04x}: the UART stays busy",
             value, read(line_control));
  }

  static void acknowledge_busy() {
    if constexpr (Node::reg.size >= ((uart_status + 1) << Node::reg_shift)) read(uart_status);
  }

  // A register that holds what is written to it, and does nothing else.
  static void verify_scratch(u8 value) {
    write(scratch, value);
    if (const u8 found = read(scratch); found != value) {
      panic_at(Node::path, "expected a 16550A whose scratch register holds {:#04x}, found {:#04x}",
               value, found);
    }
  }

  console::transmit_queue<port> queue_;
};

}  // namespace osier::ns16550
