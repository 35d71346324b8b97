// SPDX-License-Identifier: Apache-2.0
// Greets, and ends with status 0.
#include "machine.hpp"

task<> app_main(machine::console console) {
  console.print("Hello World\n");
  co_return;
}
