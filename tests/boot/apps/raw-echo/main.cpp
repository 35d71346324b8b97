// SPDX-License-Identifier: Apache-2.0
// Sends every frame back to where it came from, otherwise as it was.
#include <cstring>

#include "machine.hpp"

task<> app_main(machine::console console, machine::net0 net0) {
  console.print("raw-echo: at {}\n", net0.address);
  for (;;) {
    auto answer = (co_await net0.receive()).answer();
    const auto bytes = answer.frame();
    std::memcpy(bytes.data(), bytes.data() + 6, 6);
    std::memcpy(bytes.data() + 6, &net0.address, 6);
    co_await net0.send(std::move(answer));
  }
}
