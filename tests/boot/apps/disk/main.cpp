// SPDX-License-Identifier: Apache-2.0
// Keeps what each datagram says in the sector that its first byte names, and answers with what that
// sector held before. A datagram "discard" or "flush" does that to the disk; "end" ends the image.
#include <algorithm>
#include <expected>
#include <string_view>

#include "machine.hpp"

namespace {

// SAFETY: bytes as characters, for as long as the datagram lives.
std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// What the asker is told: the bytes of a sector, or a word.
using answer = std::expected<storage::buffer, std::string_view>;

answer say(std::expected<void, storage::error> result) {
  return std::unexpected{result ? "done" : storage::name_of(result.error())};
}

// Reads the sector, then writes the message there.
task<answer> exchange(machine::disk0& disk, std::span<const std::byte> message) {
  const u64 sector = static_cast<u64>(message[0]);
  auto buffer = co_await disk.acquire();
  buffer.resize(1);
  auto read = co_await disk.read(sector, std::move(buffer));
  if (!read.result()) co_return say(read.result());
  auto changed = co_await disk.acquire();
  changed.resize(1);
  std::ranges::fill(changed.data(), std::byte{0});
  const std::size_t length = std::min(message.size(), changed.data().size());
  std::ranges::copy(message.first(length), changed.data().begin());
  const auto written = co_await disk.write(sector, std::move(changed));
  if (!written.result()) co_return say(written.result());
  co_return std::move(read).take();
}

task<answer> obey(machine::disk0& disk, std::span<const std::byte> message) {
  const std::string_view asked = text_of(message);
  if (asked == "discard") co_return say(co_await disk.discard(0, disk.sectors()));
  if (asked == "flush") co_return say(co_await disk.flush());
  if (message.empty()) co_return std::unexpected{"nothing"};
  co_return co_await exchange(disk, message);
}

}  // namespace

task<> app_main(machine::console console, machine::disk0 disk0, machine::echo_socket echo) {
  console.print("disk: ready\n");
  for (;;) {
    auto datagram = (co_await echo.receive()).reply();
    if (text_of(datagram.payload()) == "end") co_return;
    const answer told = co_await obey(disk0, datagram.payload());
    datagram.write(told ? told->data() : std::as_bytes(std::span{told.error()}));
    co_await echo.send(std::move(datagram));
  }
}
