// SPDX-License-Identifier: Apache-2.0
// An interrupt line and its states: masked → bound to a handler → enabled.
//
// Which line belongs to whom is decided by the generator; the states make sure that none is
// enabled before its handler stands in the table that dispatch() reads. A line that is dropped
// before it is enabled is an error.
#pragma once

#include <array>

#include "arch.hpp"
#include "boot/phase.hpp"
#include "core/units.hpp"
#include "irq/entry.hpp"

namespace osier::irq {

enum class trigger : u8 { level_high, edge_rising };
using enum trigger;

// A line as the devicetree describes it. The number is the interrupt controller's own.
struct line {
  u32 number;
  irq::trigger trigger;
};

// The proof that interrupts are masked, so that nothing may wait: a handler's, passed by value and
// not to be kept. osier_interrupt() makes it, and a task that masks them itself.
class context {
 public:
  // For as long as the guard lives.
  explicit context(const arch::interrupts_masked& /*proof*/) {}

 private:
  constexpr context() = default;
  friend void ::osier_interrupt();
};

// A handler runs to its end with interrupts masked. It may signal events; it may not wait.
using handler = void (*)(context);

// Handlers by line number; nullptr where nobody claimed the line.
template <std::size_t Lines>
using handler_table = std::array<handler, Lines>;

template <line Line>
class [[clang::consumable(unconsumed)]] bound_line {
 public:
  bound_line(bound_line&&) = default;
  [[clang::callable_when("consumed")]] ~bound_line() {}

  // Unmasks the line at the controller. Ends the boot's hold on it.
  template <class Controller>
  [[clang::callable_when("unconsumed"), clang::set_typestate(consumed)]]
  void enable() && {
    Controller::enable(Line);
  }

 private:
  template <line>
  friend class masked_line;
  [[clang::return_typestate(unconsumed)]] bound_line() {}
};

template <line Line>
class [[clang::consumable(unconsumed)]] masked_line {
 public:
  // Claims a line that the controller masks. Only a boot that has not yet unmasked anything can.
  [[clang::return_typestate(unconsumed)]] explicit masked_line(
      const boot::phase<boot::entry>& /*proof*/) {}
  masked_line(masked_line&&) = default;
  [[clang::callable_when("consumed")]] ~masked_line() {}

  // Refuses, when compiled, a table that has no handler for this line.
  template <const auto& Handlers>
  [[nodiscard, clang::callable_when("unconsumed"), clang::set_typestate(consumed)]]
  bound_line<Line> bind() && {
    static_assert(Line.number < Handlers.size() && Handlers[Line.number] != nullptr,
                  "this interrupt line has no handler in the table");
    return {};
  }

  template <class Controller>
  void enable() = delete("bind the line to its handler before it is enabled");
};

}  // namespace osier::irq
