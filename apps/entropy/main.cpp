// SPDX-License-Identifier: Apache-2.0
// Waits for 32 random bytes and prints them in hexadecimal.
#include <array>

#include "machine.hpp"

task<> app_main(machine::console console, machine::entropy entropy) {
  std::array<std::byte, 32> bytes;
  co_await entropy.fill(bytes);
  console.print("entropy: ");
  for (const std::byte byte : bytes) console.print("{:02x}", static_cast<u8>(byte));
  console.print("\n");
}
