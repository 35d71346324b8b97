// SPDX-License-Identifier: Apache-2.0
// The whole stack against the wire: ARP, ICMP and UDP, with an app that answers and one that sends.
//
// Input: steps of an operation (one byte), a length (two bytes) and so many bytes of a frame.
// Nothing that arrives is a panic; what leaves is well-formed; every buffer comes back.
#include <algorithm>
#include <optional>

#include "host/boot.hpp"
#include "host/frames.hpp"
#include "host/input.hpp"
#include "host/link.hpp"
#include "host/machine.hpp"
#include "host/net_config.hpp"
#include "host/platform.hpp"
#include "host/well_formed.hpp"
#include "time/alarm.hpp"

namespace osier {
namespace {

constexpr std::size_t buffer_count = 16;

// Of the operation's bits: what is put right in a frame, so that the checks behind it are reached.
enum operation : u8 {
  repair_lengths = 1,
  repair_transport = 2,
  repair_header = 4,
  pass_time = 0x80
};

task<> answer() {
  net::udp_socket<host::net_config, host::echo> socket{host::entry()};
  for (;;) {
    auto datagram = co_await socket.receive();
    co_await socket.send(std::move(datagram).reply());
  }
}

// To the sender in a message of its own: by ARP, the gateway, or back to ourselves.
task<> forward() {
  net::udp_socket<host::net_config, host::other> socket{host::entry()};
  for (;;) {
    const auto heard = co_await socket.receive();
    auto message = socket.try_compose();
    if (!message) continue;
    const auto payload = heard.payload();
    message->resize(payload.size());
    std::ranges::copy(payload, message->payload().begin());
    (void)co_await socket.send_to(heard.sender(), *std::move(message));
  }
}

void repair(host::bytes& frame, u8 operation) {
  constexpr std::size_t ip = 14, transport = 34;
  if (frame.size() < transport) return;
  const std::size_t length = frame.size() - transport;
  if ((operation & repair_lengths) != 0) {
    host::put(frame, ip + 2, static_cast<u16>(frame.size() - ip));
    if (frame[ip + 9] == 17 && length >= 8) {
      host::put(frame, transport + 4, static_cast<u16>(length));
    }
  }
  if ((operation & repair_transport) != 0 && length >= 8) {
    const bool is_udp = frame[ip + 9] == 17;
    const std::size_t at = transport + (is_udp ? 6 : 2);
    host::put(frame, at, 0);
    host::bytes summed{frame.begin() + transport, frame.end()};
    if (is_udp) {
      const host::bytes addresses{frame.begin() + ip + 12, frame.begin() + transport};
      using host::operator+;
      summed = addresses + host::bytes{0, 17} + host::of(static_cast<u16>(length)) + summed;
    }
    const u16 sum = host::naive_checksum(summed);
    host::put(frame, at, sum != 0 ? sum : u16{0xffff});
  }
  if ((operation & repair_header) != 0) {
    host::put(frame, ip + 10, 0);
    host::put(frame, ip + 10,
              host::naive_checksum({frame.begin() + ip, frame.begin() + transport}));
  }
}

void check_sent() {
  for (const host::bytes& frame : host::take_sent()) {
    if (const char* wrong = fuzz::what_is_wrong(frame)) fuzz::found(wrong);
    fuzz::count("frames sent");
  }
}

}  // namespace
}  // namespace osier

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace osier;
  fuzz::power_up();
  host::fill_pool(buffer_count);
  fuzz::forget(net::neighbours);
  fuzz::forget(net::statistics);
  for (const net::bound_socket& socket : host::sockets) {
    fuzz::forget(*socket.queue);
    socket.queue->set_limit(buffer_count);
  }
  host::sent.clear();
  fuzz::expect(async::spawn(answer()) && async::spawn(forward()), "no frame for a task");
  host::run_until_idle();

  fuzz::input steps{data, size};
  while (!steps.empty()) {
    const u8 operation = steps.take<u8>();
    const u16 length = steps.take<u16>();
    if ((operation & pass_time) != 0) {
      host::advance(std::chrono::milliseconds{length});
    } else if (net::packets.available() > 0) {
      const auto wire = steps.take(std::min<std::size_t>(length, net::frame_limit));
      host::bytes frame{wire.begin(), wire.end()};
      repair(frame, operation);
      host::interface::handle(host::arrived(frame));
      host::restore_buffers();
      host::run_until_idle();
      fuzz::count("frames received");
    }
    check_sent();
  }
  // Whoever waits for a neighbour gives up.
  for (std::size_t i = 0; i < buffer_count; ++i) host::advance(std::chrono::seconds{3});
  check_sent();
  fuzz::expect(net::packets.available() == buffer_count, "a buffer is lost");
  return 0;
}
