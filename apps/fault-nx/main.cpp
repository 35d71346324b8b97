// SPDX-License-Identifier: Apache-2.0
// Calls what is data.
#include <cstdint>

#include "machine.hpp"

using namespace osier;

namespace {

// SAFETY: volatile, so that the compiler keeps each access.
volatile u32 numbers[4] = {1, 2, 3, 4};

// Goes on after the call, so that it is no jump.
[[gnu::noinline]] void call(void (*function)()) {
  function();
  numbers[0] = 5;
}

}  // namespace

task<> app_main(machine::console console) {
  console.print("fault-nx: about to\n");
  // SAFETY: unsafe on purpose; the report of the fault is what this app is for.
  call(reinterpret_cast<void (*)()>(reinterpret_cast<std::uintptr_t>(&numbers[0])));
  console.print("survived\n");
  co_return;
}
