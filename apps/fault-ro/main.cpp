// SPDX-License-Identifier: Apache-2.0
// Writes to a constant.
#include <cstdint>

#include "machine.hpp"

using namespace osier;

namespace {

constexpr u32 constants[] = {1, 2, 3};

[[gnu::noinline]] void write_constant(std::uintptr_t address) {
  // SAFETY: unsafe on purpose; the report of the fault is what this app is for.
  *reinterpret_cast<volatile u32*>(address) = 4;
}

}  // namespace

task<> app_main(machine::console console) {
  console.print("fault-ro: about to\n");
  // SAFETY: only the address of the constants.
  write_constant(reinterpret_cast<std::uintptr_t>(&constants[1]));
  console.print("survived\n");
  co_return;
}
