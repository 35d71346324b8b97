// SPDX-License-Identifier: Apache-2.0
// Plays the recorded requests in batches and prints what they cost: under QEMU's -icount shift=0 an
// instruction is a nanosecond. A line each, `bench: payload:64/batch:32 NANOSECONDS COUNT`.
#include <array>

#include "console/console.hpp"
#include "machine.hpp"
#include "time/timer.hpp"
#include "virtio-net/replay.hpp"

namespace {

using namespace std::chrono_literals;

constexpr u32 counted = 6400;  // packets a figure; a hundredth of them is two batches
constexpr u32 played = counted + counted / 100 * machine::replay::planted_percent;
constexpr u32 filling = 1024;  // packets, which pass through every buffer
constexpr auto patience = 1s;  // of virtual time

// A capture of two requests, of 64 and of 1472 bytes: pcap, the first record behind 24 bytes.
constexpr signed char capture[] = {
#embed "requests.pcap"
};
constexpr std::size_t file_header = 24;
constexpr std::size_t record_header = 16;  // ends with the lengths stored and sent

constexpr std::size_t headers = 42;  // Ethernet, IPv4, UDP

std::span<const std::byte> request(std::size_t payload) {
  for (std::size_t at = file_header; at < sizeof capture;) {
    const std::size_t length = u8(capture[at + 8]) | u8(capture[at + 9]) << 8;
    at += record_header;
    if (length == headers + payload) return std::as_bytes(std::span{capture}).subspan(at, length);
    at += length;
  }
  panic("replay: no recorded request has {} bytes", payload);
}

struct series {
  std::size_t payload;
  u32 batch;
  u64 ticks = 0;
};

task<> play(virtio_net::replay::device& wire, const series& what, u32 packets, bool fill) {
  wire.play(request(what.payload), what.batch, packets, fill);
  const auto limit = time::after(patience);
  if (!co_await time::wait_until{wire.finished(), limit}) {
    panic("replay: {} of {} requests have no echo", wire.left(), packets);
  }
}

}  // namespace

task<> virtio_net::replay::perform(device& wire) {
  std::array all = {series{64, 1}, series{64, 32}, series{1472, 1}, series{1472, 32}};
  co_await async::yield{};  // the app has to listen first
  for (series& each : all) {
    co_await play(wire, {each.payload, 32}, filling, true);
    const time::instant begin = platform::now();
    co_await play(wire, each, played, false);
    each.ticks = platform::now().ticks - begin.ticks;
  }
  sink out = console::output();
  for (const series& each : all) {
    format_to(out, "bench: payload:{}/batch:{} {} {}\n", each.payload, each.batch,
              each.ticks * (1'000'000'000 / platform::timer_rate().value), counted);
  }
  platform::end(0);
}
