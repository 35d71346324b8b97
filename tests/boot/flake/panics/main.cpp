// SPDX-License-Identifier: Apache-2.0
// Says what it should, and then panics.
#include "core/panic.hpp"
#include "machine.hpp"

task<> app_main(machine::console console) {
  console.print("right\n");
  panic("on purpose");
  co_return;
}
