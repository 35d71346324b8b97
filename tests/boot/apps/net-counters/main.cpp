// SPDX-License-Identifier: Apache-2.0
// Echoes, and answers a datagram on the other port with the stack's counters, a line each.
#include <algorithm>
#include <cstring>
#include <span>

#include "machine.hpp"
#include "net/counters.hpp"

namespace {

// Text written into a datagram; what does not fit is cut off.
struct text_writer {
  std::span<std::byte> room;
  std::size_t length = 0;

  sink out() {
    return {[](void* context, std::string_view added) {
              auto& self = *static_cast<text_writer*>(context);
              const std::size_t size = std::min(added.size(), self.room.size() - self.length);
              std::memcpy(self.room.data() + self.length, added.data(), size);
              self.length += size;
            },
            this};
  }
};

// Writes a line for each counter; returns how many bytes that took.
std::size_t write_counters(std::span<std::byte> room) {
  text_writer writer{room};
  sink out = writer.out();
  format_to(out, "received {}\n", net::statistics.received());
  for (std::size_t i = 0; i < net::drop_names.size(); ++i) {
    const auto why = static_cast<net::drop>(i);
    format_to(out, "{} {}\n", net::drop_names[i], net::statistics.dropped(why));
  }
  return writer.length;
}

task<> tell(machine::counters_socket counters) {
  for (;;) {
    auto answer = (co_await counters.receive()).reply();
    answer.resize(net::udp_payload_limit);
    answer.resize(write_counters(answer.payload()));
    co_await counters.send(std::move(answer));
  }
}

}  // namespace

task<> app_main(machine::echo_socket echo, machine::counters_socket counters) {
  if (!async::spawn(tell(std::move(counters)))) platform::end(2);
  for (;;) {
    auto datagram = co_await echo.receive();
    co_await echo.send(std::move(datagram).reply());
  }
}
