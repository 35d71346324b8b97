// SPDX-License-Identifier: Apache-2.0
// Text on its way to a UART: queued, sent as far as the hardware takes it, the rest by interrupt.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "arch.hpp"
#include "core/units.hpp"

namespace osier::console {

// `Port` is the UART's transmitter; all of it is static:
//   std::size_t room();            how many characters it takes now
//   void put(char);                takes one, where there is room
//   bool idle();                   the last bit has left
//   void request_interrupt(bool);  whether it interrupts when it has room again
template <class Port>
class transmit_queue {
 public:
  // Queues text; what the UART does not take at once goes out by interrupt. Waits, polling, only
  // where the queue is full. Any context.
  void write(std::string_view text) {
    const arch::interrupts_masked guard;
    for (const char c : text) {
      if (queued() == queue_.size()) send(wait_for_room());
      queue_[tail_++ % queue_.size()] = c;
    }
    send_what_fits();
  }

  // Sends what is queued, then the text, and returns when the last bit has left. Interrupts masked.
  void flush(std::string_view text) {
    while (queued() > 0) send(wait_for_room());
    while (!text.empty()) {
      const std::size_t count = std::min(wait_for_room(), text.size());
      for (const char c : text.substr(0, count)) Port::put(c);
      text.remove_prefix(count);
    }
    while (!Port::idle()) {
    }
  }

  // For the UART's interrupt: it may have room again. Interrupts masked.
  void send_what_fits() {
    while (queued() > 0) {
      const std::size_t room = Port::room();
      if (room == 0) break;
      send(room);
    }
    Port::request_interrupt(queued() > 0);
  }

 private:
  std::size_t queued() const { return tail_ - head_; }

  static std::size_t wait_for_room() {
    for (;;) {
      if (const std::size_t room = Port::room(); room > 0) return room;
    }
  }

  void send(std::size_t room) {
    for (; room > 0 && queued() > 0; --room) Port::put(queue_[head_++ % queue_.size()]);
  }

  // Positions count up and wrap with the type; the difference is what is queued.
  u32 head_ = 0;
  u32 tail_ = 0;
  std::array<char, 1024> queue_ = {};
};

}  // namespace osier::console
