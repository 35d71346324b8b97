// SPDX-License-Identifier: Apache-2.0
// The phases of a boot as types: entry → interrupts_on → running.
//
// The generated boot sequence holds exactly one of these. Drivers are brought up in `entry`, with
// interrupts masked; tasks run, and therefore wait, only after `interrupts_on`.
#pragma once

#include "arch.hpp"

namespace osier::boot {

struct entry;
struct interrupts_on;

template <class Phase>
class phase;

template <>
class [[clang::consumable(unconsumed)]] phase<entry>;

template <>
class [[clang::consumable(unconsumed)]] phase<interrupts_on> {
 public:
  phase(phase&&) = default;

  // Runs the tasks that were spawned, and halts the CPU while none is ready. Defined by the
  // executor.
  [[noreturn, clang::callable_when("unconsumed"), clang::set_typestate(consumed)]] void run() &&;

 private:
  friend class phase<entry>;
  [[clang::return_typestate(unconsumed)]] phase() {}
};

template <>
class [[clang::consumable(unconsumed)]] phase<entry> {
 public:
  phase(phase&&) = default;

  // The first phase. Called once, by the generated boot sequence.
  [[nodiscard]] static phase begin() { return {}; }

  [[nodiscard, clang::callable_when("unconsumed"), clang::set_typestate(consumed)]]
  phase<interrupts_on> enable_interrupts() && {
    arch::enable_interrupts();
    return {};
  }

  void run() = delete(
      "tasks wait for interrupts, and interrupts are still off: call enable_interrupts() first");

 private:
  [[clang::return_typestate(unconsumed)]] phase() {}
};

}  // namespace osier::boot
