// SPDX-License-Identifier: Apache-2.0
// The network driver and the stack above it, with an app that answers, on a hostile device.
//
// Input: steps of the device, a byte each and what they need. The device can make the driver panic
// about it, and cannot have it touch other memory, lose count of its buffers or send malformed
// frames.
#include "virtio-net/virtio_net.hpp"

#include <sanitizer/asan_interface.h>

#include "host/boot.hpp"
#include "host/hostile_device.hpp"
#include "host/net_config.hpp"
#include "host/well_formed.hpp"
#include "net/link.hpp"
#include "virtio/mmio_transport.hpp"

namespace osier {
namespace {

struct net_node {
  static constexpr std::string_view path = "/virtio_mmio@0/net";
  static constexpr net::mac_address local_mac_address = {host::our_mac};
};
struct sizes {
  static constexpr std::size_t packet_buffers = 8;
};
using device = fuzz::hostile_registers;
using fuzzed_driver =
    virtio_net::driver<net_node, virtio::mmio_transport<fuzz::slot_node, device>, sizes>;
static_assert(fuzzed_driver::check());

constexpr std::size_t buffer_count = sizes::packet_buffers + 4;

fuzz::in_memory<fuzzed_driver::storage> storage;
fuzz::in_memory<fuzzed_driver> driver_memory;
fuzzed_driver* driver = nullptr;

// Between any two frames lies memory that nobody may touch.
alignas(16) std::byte memory[sizeof(net::packet_buffer) * buffer_count];

std::span<net::packet_buffer> fresh_buffers() {
  ASAN_UNPOISON_MEMORY_REGION(memory, sizeof memory);
  // SAFETY: the bytes have the size and alignment of the buffers; those before are forgotten.
  auto* first = reinterpret_cast<net::packet_buffer*>(memory);
  std::uninitialized_default_construct_n(first, buffer_count);
  for (net::packet_buffer& each : std::span{first, buffer_count}) {
    constexpr std::size_t end = offsetof(net::packet_buffer, frame) + sizeof each.frame;
    ASAN_POISON_MEMORY_REGION(each.frame + sizeof each.frame, sizeof each - end);
  }
  return {first, buffer_count};
}

task<> answer() {
  net::udp_socket<host::net_config, host::echo> socket{host::entry()};
  for (;;) {
    auto datagram = co_await socket.receive();
    co_await socket.send(std::move(datagram).reply());
  }
}

void run(fuzz::input& in) {
  driver->start(fresh_buffers());
  fuzz::expect(async::spawn(host::interface::serve(*driver, sizes::packet_buffers)) &&
                   async::spawn(answer()),
               "no frame for a task");
  host::run_until_idle();
  fuzz::act_at_barriers(in);
  while (!in.empty()) {
    const u8 step = in.take<u8>();
    if (step % 4 != 0) {
      fuzz::act(device::queues[step % 4 == 3 ? 1 : 0], in);
    } else {
      fuzz::interrupt(*driver, in);
    }
    fuzz::count("steps");
  }
  device::interrupt_status = 1;
  fuzz::interrupt(*driver, in);
}

}  // namespace

namespace net {

void transmit_buffer(packet_buffer& complete) {
  auto frame = packet<packet_state::complete>::resume(complete);
  const auto sent = frame.frame();
  host::bytes seen(sent.size());
  std::memcpy(seen.data(), sent.data(), sent.size());
  if (const char* wrong = fuzz::what_is_wrong(seen)) fuzz::found(wrong);
  fuzz::count("frames sent");
  seen = {};
  driver->transmit(std::move(frame));
}

void loop_back(packet<packet_state::complete> frame) {
  host::interface::loop_back(std::move(frame).loop_back());
}

}  // namespace net
}  // namespace osier

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace osier;
  fuzz::power_up();
  fuzz::forget(net::packets);
  fuzz::forget(net::neighbours);
  fuzz::forget(net::statistics);
  for (const net::bound_socket& socket : host::sockets) fuzz::forget(*socket.queue);
  device::power_up(virtio_net::device_id);
  std::ranges::copy(host::our_mac, device::config.begin());
  auto& queues = storage.make();
  driver = &driver_memory.make(queues);

  fuzz::input in{data, size};
  const bool panicked = fuzz::panics([&] { run(in); });
  fuzz::count("frames received", net::statistics.received());
  if (!panicked) {
    const std::size_t accounted =
        net::packets.available() + queues.receiving.in_flight() + queues.sending.in_flight();
    fuzz::expect(accounted <= buffer_count, "a buffer is in two places");
  }
  return 0;
}
