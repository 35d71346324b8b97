// SPDX-License-Identifier: Apache-2.0
// A booted image. QEMU connects to an abstract unix socket, so that no file outlives the bench.
#include "guest.hpp"

#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <wordexp.h>

#include <atomic>
#include <cstring>

namespace osier::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 10s;

// What the images expect by default: the gateway is the client.
constexpr endpoint client_address = {
    .mac = {0x52, 0x55, 0x0a, 0x00, 0x02, 0x02}, .ip = ipv4(10, 0, 2, 2), .port = 40000};
constexpr ipv4_address guest_ip = ipv4(10, 0, 2, 15);
constexpr std::uint16_t echo_port = 7;

// The words of a command line as a shell would read it.
std::vector<std::string> split_words(const std::string& line) {
  wordexp_t words;
  if (wordexp(line.c_str(), &words, WRDE_NOCMD | WRDE_UNDEF) != 0) {
    throw std::runtime_error("not one shell-quoted command line: " + line);
  }
  std::vector<std::string> result(words.we_wordv, words.we_wordv + words.we_wordc);
  wordfree(&words);
  return result;
}

// Asked of the image's `run` beforehand: its own start is not part of the boot.
std::vector<std::string> qemu_command(const std::string& run, const std::string& backend,
                                      const std::vector<std::string>& qemu_arguments) {
  std::vector<std::string> command = {run, "--net", backend, "--print", "--"};
  command.insert(command.end(), qemu_arguments.begin(), qemu_arguments.end());
  process printing(command);
  const int status = printing.wait();
  std::string line = printing.output();
  if (status != 0) throw std::runtime_error(run + " --print failed:\n" + line);
  while (line.ends_with('\n')) line.pop_back();
  return split_words(line);
}

}  // namespace

instruction_counter::instruction_counter()
    : memory_(memfd_create("counter", MFD_CLOEXEC), "memfd_create") {
  if (ftruncate(memory_.number(), sizeof *value_) != 0) throw_errno("ftruncate");
  void* memory = mmap(nullptr, sizeof *value_, PROT_READ, MAP_SHARED, memory_.number(), 0);
  if (memory == MAP_FAILED) throw_errno("mmap");
  // SAFETY: the mapping is page-aligned and holds this one number, which the plugin alone writes.
  value_ = static_cast<std::uint64_t*>(memory);
}

instruction_counter::~instruction_counter() { munmap(value_, sizeof *value_); }

std::uint64_t instruction_counter::read() const {
  return std::atomic_ref(*value_).load(std::memory_order_relaxed);
}

std::string instruction_counter::path() const {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(memory_.number());
}

class guest::listener {
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

guest::guest(const std::string& run, const std::vector<std::string>& qemu_arguments)
    : guest(listener(), run, qemu_arguments) {}

guest::guest(const listener& listener, const std::string& run,
             const std::vector<std::string>& qemu_arguments)
    : run_(run),
      command_(qemu_command(run, listener.backend(), qemu_arguments)),
      start_(clock::now()),
      qemu_(command_),
      wire_(listener.accept(qemu_)),
      client_(wire_, client_address, guest_ip, echo_port) {
  try {
    const auto first = client_.first_echo(start_ + patience);
    if (!first) fail("no echo within ten seconds");
    time_to_first_echo_ = *first - start_;
  } catch (const wire_closed&) {
    fail("QEMU ended before the first echo");
  }
}

echo_result guest::echo(const echo_load& load) try {
  return client_.run(load);
} catch (const wire_closed&) {
  fail("QEMU ended under load");
} catch (const guest_silent& silent) {
  fail(silent.what());
}

void guest::fail(const std::string& what) {
  throw std::runtime_error(run_ + ": " + what + "; the console says:\n" + qemu_.output());
}

}  // namespace osier::bench
