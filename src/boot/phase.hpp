// SPDX-License-Identifier: Apache-2.0
// The phases of a boot as types: entry → interrupts_on → running.
//
// The generated boot sequence, osier_boot(), holds exactly one of these, and nobody else can make
// one. Drivers are brought up in `entry`, with interrupts masked, and what an app is given is made
// then; tasks run, and therefore wait, only after `interrupts_on`. A phase that is dropped is an
// error.
#pragma once

#include "arch.hpp"

// The boot sequence: defined by the generated code, called once by the architecture's entry, with
// interrupts masked. Does not return.
extern "C" void osier_boot();

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
  [[clang::callable_when("consumed")]] ~phase() {}

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
  [[clang::callable_when("consumed")]] ~phase() {}

  [[nodiscard, clang::callable_when("unconsumed"), clang::set_typestate(consumed)]]
  phase<interrupts_on> enable_interrupts() && {
    arch::enable_interrupts();
    return {};
  }

  void run() = delete(
      "tasks wait for interrupts, and interrupts are still off: call enable_interrupts() first");

 private:
  friend void ::osier_boot();
  [[clang::return_typestate(unconsumed)]] phase() {}
};

}  // namespace osier::boot
