// SPDX-License-Identifier: Apache-2.0
// Waits for 32 random bytes and prints them in hexadecimal; then 32 of the generator that they
// seed.
#include <array>

#include "entropy/generator.hpp"
#include "machine.hpp"

namespace {

void print(machine::console& console, std::span<const std::byte> bytes) {
  for (const std::byte byte : bytes) console.print("{:02x}", static_cast<u8>(byte));
  console.print("\n");
}

}  // namespace

task<> app_main(machine::console console, machine::entropy entropy) {
  entropy::chacha20_key bytes;
  co_await entropy.fill(bytes);
  console.print("entropy: ");
  print(console, bytes);

  entropy::generator random{bytes};
  random.fill(bytes);
  console.print("entropy: and without end, ");
  print(console, bytes);
}
