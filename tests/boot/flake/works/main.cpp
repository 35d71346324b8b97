// SPDX-License-Identifier: Apache-2.0
// Says what it should.
#include "machine.hpp"

task<> app_main(machine::console console) {
  console.print("right\n");
  co_return;
}
