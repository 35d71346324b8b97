// SPDX-License-Identifier: Apache-2.0
// Never says what it should.
#include "machine.hpp"

task<> app_main(machine::console console) {
  console.print("wrong\n");
  co_return;
}
