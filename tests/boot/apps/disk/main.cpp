// SPDX-License-Identifier: Apache-2.0
// Keeps what each datagram says in the sector that its first byte names, and answers with what that
// sector held before. A datagram "discard" or "flush" does that to the disk; "end" ends the image.
#include <algorithm>
#include <string_view>

#include "machine.hpp"

namespace {

// SAFETY: bytes as characters, for as long as the datagram lives.
std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void answer(net::datagram<net::packet_state::building>& datagram,
            std::expected<void, storage::error> result) {
  const std::string_view said = result ? "done" : storage::name_of(result.error());
  datagram.write(std::as_bytes(std::span{said}));
}

// Reads the sector, then writes the message there.
task<> exchange(machine::disk0& disk, net::datagram<net::packet_state::building>& datagram) {
  const u64 sector = static_cast<u64>(datagram.payload()[0]);
  auto buffer = co_await disk.acquire();
  buffer.resize(1);
  auto read = co_await disk.read(sector, std::move(buffer));
  if (!read.result()) {
    answer(datagram, read.result());
    co_return;
  }
  auto old = std::move(read).take();
  auto changed = co_await disk.acquire();
  changed.resize(1);
  std::ranges::fill(changed.data(), std::byte{0});
  std::ranges::copy(
      datagram.payload().first(std::min(datagram.payload().size(), changed.data().size())),
      changed.data().begin());
  const auto written = co_await disk.write(sector, std::move(changed));
  if (written.result()) {
    datagram.write(old.data());
  } else {
    answer(datagram, written.result());
  }
}

}  // namespace

task<> app_main(machine::console console, machine::disk0 disk0, machine::echo_socket echo) {
  console.print("disk: ready\n");
  for (;;) {
    auto datagram = (co_await echo.receive()).reply();
    const std::string_view asked = text_of(datagram.payload());
    if (asked == "end") co_return;
    if (asked == "discard") {
      answer(datagram, co_await disk0.discard(0, disk0.sectors()));
    } else if (asked == "flush") {
      answer(datagram, co_await disk0.flush());
    } else if (!asked.empty()) {
      co_await exchange(disk0, datagram);
    }
    co_await echo.send(std::move(datagram));
  }
}
