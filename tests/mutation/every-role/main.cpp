// SPDX-License-Identifier: Apache-2.0
// Uses each role once, and prints what came of it; status 2 where a device did not do its work.
#include <array>
#include <chrono>

#include "machine.hpp"
#include "time/timer.hpp"

namespace {

using namespace std::chrono_literals;

constexpr std::byte mark{0xa5};

void expect(bool holds, machine::console& console, std::string_view what) {
  if (holds) return;
  console.print("every-role: wrong: {}\n", what);
  platform::end(2);
}

}  // namespace

task<> app_main(machine::console console, machine::disk0 disk, machine::entropy entropy,
                machine::rtc rtc, machine::peer_socket peer) {
  const time::instant later = time::after(10ms);
  co_await time::sleep(10ms);
  expect(platform::now() >= later, console, "the time");

  std::array<std::byte, 4> bytes;
  co_await entropy.fill(bytes);
  console.print("every-role: date {}, random {:02x} {:02x}\n",
                rtc.now().time_since_epoch().count() / 3600, static_cast<u8>(bytes[0]),
                static_cast<u8>(bytes[1]));

  auto buffer = co_await disk.acquire();
  buffer.data().front() = mark;
  auto written = co_await disk.write(0, std::move(buffer));
  expect(written.result().has_value(), console, "writing");
  buffer = std::move(written).take();
  buffer.data().front() = std::byte{0};
  auto read = co_await disk.read(0, std::move(buffer));
  expect(read.result().has_value(), console, "reading");
  buffer = std::move(read).take();
  expect(buffer.data().front() == mark, console, "the sector");
  console.print("every-role: the disk keeps a sector\n");

  auto message = co_await peer.compose();
  message.write(bytes);
  const auto sent = co_await peer.send_to(peer.remote(), std::move(message));
  expect(sent.has_value(), console, "sending");
  const auto answer = co_await peer.receive();
  console.print("every-role: {} answered {} bytes\n", answer.sender(), answer.payload().size());
}
