// SPDX-License-Identifier: Apache-2.0
// The app's handle on a source of random bytes.
#pragma once

#include <coroutine>
#include <span>

#include "boot/phase.hpp"
#include "entropy/port.hpp"
#include "irq/line.hpp"

namespace osier::entropy {

// Move-only; given to app_main. Task context only. Several tasks may wait: each byte of the device
// goes to one of them.
template <class Node>
class source {
 public:
  source() = delete("app_main is given the source: take it as a parameter");
  explicit source(const boot::phase<boot::entry>& /*only a boot gives it*/) {}
  source(source&&) = default;

  // Fills all of `wanted` with random bytes of the device. Waits until they are there; the memory
  // must live as long.
  [[nodiscard("a wait has not begun until it is awaited: co_await it")]] auto fill(
      std::span<std::byte> wanted) {
    struct awaiter {
      request asked;
      bool await_ready() const { return asked.missing() == 0; }
      void await_suspend(std::coroutine_handle<> coroutine) {
        asked.suspend(coroutine);
        port_of<Node>.submit(asked);
      }
      static void await_resume() {}
    };
    return awaiter{request{wanted}};
  }
  void fill(irq::context) = delete("fill() waits, and an interrupt handler must not wait");
};

}  // namespace osier::entropy
