// SPDX-License-Identifier: Apache-2.0
// Reads RAM that lies behind the image.
#include <cstdint>

#include "machine.hpp"

using namespace osier;

// From the linker script.
extern "C" const char __image_end[];

namespace {

[[gnu::noinline]] u32 read_address(std::uintptr_t address) {
  // SAFETY: unsafe on purpose; the report of the fault is what this app is for.
  return *reinterpret_cast<const volatile u32*>(address);
}

}  // namespace

task<> app_main(machine::console console) {
  console.print("fault-unmapped: about to\n");
  // SAFETY: only the address.
  const auto end = reinterpret_cast<std::uintptr_t>(__image_end);
  console.print("survived {}\n", read_address(end + 4096));
  co_return;
}
