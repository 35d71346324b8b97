// SPDX-License-Identifier: Apache-2.0
// Undefined behaviour, which only the profile `hardened` notices.
#include <limits>

#include "machine.hpp"

using namespace osier;

namespace {

[[gnu::noinline]] int add_one(int number) { return number + 1; }

}  // namespace

task<> app_main(machine::console console) {
  // SAFETY: a local; volatile so that the sum is not made by the compiler.
  volatile int largest = std::numeric_limits<int>::max();
  console.print("{}\n", add_one(largest));
  co_return;
}
