// SPDX-License-Identifier: Apache-2.0
// Reads through a null pointer.
#include "machine.hpp"

using namespace osier;

namespace {

struct packet {
  u32 length;
  u32 kind;
};

// SAFETY: volatile, so that the read stays.
[[gnu::noinline]] u32 kind_of(const volatile packet* packet) { return packet->kind; }

}  // namespace

task<> app_main(machine::console console) {
  console.print("fault-null: about to\n");
  // SAFETY: volatile, so that the compiler does not see that it is null.
  packet* volatile nothing = nullptr;
  console.print("survived {}\n", kind_of(nothing));
  co_return;
}
