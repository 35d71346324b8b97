// SPDX-License-Identifier: Apache-2.0
// The limit of a wire: QEMU's hub between the bench and this program, which swaps the addresses of
// whatever comes. `hub BACKEND QEMU [OPTION]...`; no guest runs, no stack is passed.
//
// It costs three threads, as a guest does: the client, QEMU's main loop, and this in place of a
// CPU.
#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdio>

#include "../frame.hpp"
#include "../process.hpp"
#include "../wire.hpp"

namespace osier::bench {
namespace {

using namespace std::chrono_literals;

constexpr mac_address own_mac = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
constexpr ipv4_address own_ip = ipv4(10, 0, 2, 15);  // that of the images, by default

// Offsets of addresses and ports in a frame; swapped, they leave every checksum as it is.
constexpr std::ptrdiff_t mac_at = 0;
constexpr std::ptrdiff_t ip_at = 26;
constexpr std::ptrdiff_t port_at = 34;

void swap_fields(std::span<std::uint8_t> frame, std::ptrdiff_t at, std::ptrdiff_t size) {
  std::swap_ranges(frame.begin() + at, frame.begin() + at + size, frame.begin() + at + size);
}

void answer(wire& wire, std::span<const std::uint8_t> frame) {
  if (const auto arp = parse_arp(frame)) {
    if (arp->operation != arp_operation::request || arp->target_ip != own_ip) return;
    write_arp(wire.send(arp_frame_size), arp->sender_mac,
              {.operation = arp_operation::reply,
               .sender_mac = own_mac,
               .sender_ip = own_ip,
               .target_mac = arp->sender_mac,
               .target_ip = arp->sender_ip});
    return;
  }
  if (frame.size() < udp_header_size) return;
  const auto reflection = wire.send(frame.size());
  std::ranges::copy(frame, reflection.begin());
  swap_fields(reflection, mac_at, 6);
  swap_fields(reflection, ip_at, 4);
  swap_fields(reflection, port_at, 2);
}

// QEMU inherits the end whose number its command line names; ours is closed there.
struct ends {
  file ours;
  file qemus;
};

ends make_ends() {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) throw_errno("socketpair");
  ends result{.ours = file(pair[0], "socketpair"), .qemus = file(pair[1], "socketpair")};
  if (fcntl(pair[0], F_SETFD, FD_CLOEXEC) != 0) throw_errno("fcntl");
  return result;
}

std::vector<std::string> qemu_command(const std::string& backend, const file& socket,
                                      std::vector<std::string> qemu) {
  const auto comma = std::min(backend.find(','), backend.size());
  qemu.insert(qemu.begin() + 1,
              {"-M", "none", "-nodefaults", "-display", "none", "-monitor", "none", "-netdev",
               backend.substr(0, comma) + ",id=near" + backend.substr(comma), "-netdev",
               "hubport,id=near-port,hubid=0,netdev=near", "-netdev",
               "stream,id=far,server=off,addr.type=fd,addr.str=" + std::to_string(socket.number()),
               "-netdev", "hubport,id=far-port,hubid=0,netdev=far"});
  return qemu;
}

// Ends when QEMU does.
int reflect(const std::string& backend, std::vector<std::string> qemu_words) {
  auto [ours, qemus] = make_ends();
  process qemu(qemu_command(backend, qemus, std::move(qemu_words)));
  qemus = file(open("/dev/null", O_RDONLY | O_CLOEXEC), "open");
  wire wire(std::move(ours));
  try {
    while (true) {
      wire.wait(clock::now() + 1s);
      for (auto frame = wire.receive(); !frame.empty(); frame = wire.receive()) answer(wire, frame);
    }
  } catch (const wire_closed&) {
    const int status = qemu.wait();
    std::fputs(qemu.output().c_str(), stderr);
    return status;
  }
}

}  // namespace
}  // namespace osier::bench

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: hub BACKEND QEMU [OPTION]...\n", stderr);
    return 2;
  }
  try {
    return osier::bench::reflect(argv[1], std::vector<std::string>(argv + 2, argv + argc));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hub: %s\n", error.what());
    return 1;
  }
}
