// SPDX-License-Identifier: Apache-2.0
// A guest that echoes. QEMU connects to an abstract unix socket: no file outlives the bench.
#include "echo_guest.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <iterator>

namespace osier::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 10s;

// What the images expect by default: the gateway is the client.
constexpr endpoint client_address = {
    .mac = {0x52, 0x55, 0x0a, 0x00, 0x02, 0x02}, .ip = ipv4(10, 0, 2, 2), .port = 40000};
constexpr ipv4_address guest_ip = ipv4(10, 0, 2, 15);
constexpr std::uint16_t echo_port = 7;

}  // namespace

class echo_guest::listener {
 public:
  listener()
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"),
        name_("osier-bench-" + std::to_string(getpid()) + "-" + std::to_string(++listeners_)) {
    sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = {}};
    std::memcpy(address.sun_path + 1, name_.data(), name_.size());  // a leading NUL: abstract
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name_.size());
    // SAFETY: the socket interface takes every address as a sockaddr.
    if (bind(socket_.number(), reinterpret_cast<sockaddr*>(&address), length) != 0) {
      throw_errno("bind");
    }
    if (listen(socket_.number(), 1) != 0) throw_errno("listen");
  }

  std::string backend() const {
    return "stream,server=off,addr.type=unix,addr.abstract=on,addr.path=" + name_;
  }

  // The connection of `peer`.
  file accept(process& peer) const {
    pollfd ready[] = {{.fd = socket_.number(), .events = POLLIN, .revents = 0},
                      {.fd = peer.handle().number(), .events = POLLIN, .revents = 0}};
    constexpr auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
    if (poll(ready, std::size(ready), timeout.count()) < 0) throw_errno("poll");
    if (ready[0].revents == 0) {
      throw std::runtime_error("QEMU did not connect to the wire:\n" + peer.output());
    }
    return file(accept4(socket_.number(), nullptr, nullptr, SOCK_CLOEXEC), "accept");
  }

 private:
  inline static int listeners_ = 0;
  file socket_;
  std::string name_;
};

echo_guest::echo_guest(const image& image, const std::vector<std::string>& qemu_options)
    : echo_guest(listener(), image, qemu_options) {}

echo_guest::echo_guest(const listener& listener, const image& image,
                       const std::vector<std::string>& qemu_options)
    : guest_(image, {"--net", listener.backend()}, qemu_options),
      wire_(listener.accept(guest_.qemu())),
      client_(wire_, client_address, guest_ip, echo_port) {
  try {
    const auto first = client_.first_echo(guest_.start() + patience);
    if (!first) guest_.fail("no echo within ten seconds");
    time_to_first_echo_ = *first - guest_.start();
  } catch (const wire_closed&) {
    guest_.fail("QEMU ended before the first echo");
  }
}

echo_result echo_guest::echo(const echo_load& load) try {
  return client_.run(load);
} catch (const wire_closed&) {
  guest_.fail("QEMU ended under load");
} catch (const guest_silent& silent) {
  guest_.fail(silent.what());
}

}  // namespace osier::bench
