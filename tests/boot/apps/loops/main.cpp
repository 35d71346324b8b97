// SPDX-License-Identifier: Apache-2.0
// Calls two functions so often that a test can tell whether they were counted.
#include "machine.hpp"

extern "C" {

[[gnu::noinline]] void first_step() {
  // SAFETY: no instruction; it keeps the call.
  asm volatile("");
}

[[gnu::noinline]] void second_step() {
  // SAFETY: no instruction; it keeps the call.
  asm volatile("");
}
}

task<> app_main(machine::console console) {
  for (u32 i = 0; i < 12'345; ++i) {
    first_step();
    if (i % 5 == 0) second_step();
  }
  console.print("done\n");
  co_return;
}
