// SPDX-License-Identifier: Apache-2.0
// Recurses through a pointer, more often than indirect.yaml says: a lie that no check can find.
#include "machine.hpp"

using namespace osier;

namespace {

[[gnu::noinline]] u32 descend(u32 depth);

// SAFETY: volatile, so that the compiler does not see the recursion, which the build would refuse.
u32 (*volatile further)(u32) = descend;

[[gnu::noinline]] u32 descend(u32 depth) {
  // SAFETY: volatile, so that each level has its own place on the stack.
  volatile u32 used[64] = {depth};
  return further(depth + 1) + used[0];
}

}  // namespace

task<> app_main(machine::console console) {
  console.print("fault-stack: about to\n");
  console.print("survived {}\n", descend(0));
  co_return;
}
