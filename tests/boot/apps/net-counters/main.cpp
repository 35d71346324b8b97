// SPDX-License-Identifier: Apache-2.0
// Echoes, and answers a datagram on the other port with the stack's counters, a line each.
#include <algorithm>
#include <array>
#include <cstring>

#include "machine.hpp"
#include "net/counters.hpp"
#include "net/pool.hpp"

namespace {

// Text in an array; what does not fit is cut off.
struct text_buffer {
  std::array<char, 512> text;
  std::size_t length = 0;

  sink writer() {
    return {[](void* context, std::string_view added) {
              auto& self = *static_cast<text_buffer*>(context);
              const std::size_t room = std::min(added.size(), self.text.size() - self.length);
              std::memcpy(self.text.data() + self.length, added.data(), room);
              self.length += room;
            },
            this};
  }
};

// Not inlined: its text would make the coroutine's frame larger than a slot.
[[gnu::noinline]] void write_counters(net::datagram<net::packet_state::building>& answer) {
  text_buffer buffer;
  sink out = buffer.writer();
  format_to(out, "received {}\n", net::statistics.received());
  for (std::size_t i = 0; i < net::drop_names.size(); ++i) {
    format_to(out, "{} {}\n", net::drop_names[i],
              net::statistics.dropped(net::drop{static_cast<u8>(i)}));
  }
  answer.write(std::as_bytes(std::span{buffer.text}.first(buffer.length)));
}

task<> tell(machine::counters_socket counters) {
  for (;;) {
    auto answer = (co_await counters.receive()).reply();
    write_counters(answer);
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
