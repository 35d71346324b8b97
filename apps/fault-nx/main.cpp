// SPDX-License-Identifier: Apache-2.0
// Calls what is data.
#include <cstdint>

#include "machine.hpp"

using namespace osier;

namespace {

constinit u32 numbers[4] = {1, 2, 3, 4};

// With a result, so that the call is not its last jump.
[[gnu::noinline]] bool call(void (*function)()) {
  function();
  return true;
}

}  // namespace

task<> app_main(machine::console console) {
  console.print("fault-nx: about to\n");
  // SAFETY: volatile, so that they are written and no constants.
  *const_cast<volatile u32*>(&numbers[0]) = 5;
  // SAFETY: unsafe on purpose; the report of the fault is what this app is for.
  const bool survived =
      call(reinterpret_cast<void (*)()>(reinterpret_cast<std::uintptr_t>(&numbers[0])));
  console.print("survived {}\n", survived);
  co_return;
}
