// SPDX-License-Identifier: Apache-2.0
// Says something else at every fifth boot, which it counts on its disk.
#include <string_view>

#include "machine.hpp"

task<> app_main(machine::console console, machine::disk0 disk0) {
  auto buffer = co_await disk0.acquire();
  buffer.resize(1);
  auto read = co_await disk0.read(0, std::move(buffer));
  auto counted = std::move(read).take();
  const u8 boots = static_cast<u8>(counted.data()[0]) + 1;
  counted.data()[0] = std::byte{boots};
  const auto written = co_await disk0.write(0, std::move(counted));
  const std::string_view said = written.result() && boots % 5 != 0 ? "right" : "wrong";
  console.print("{}\n", said);
}
