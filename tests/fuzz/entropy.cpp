// SPDX-License-Identifier: Apache-2.0
// The entropy driver and two tasks that wait for random bytes, on a hostile device.
//
// Input: steps of the device, a byte each and what they need. The device can make the driver panic
// about it; it writes where it was asked to alone.
#include "virtio-rng/virtio_rng.hpp"

#include <vector>

#include "entropy/source.hpp"
#include "host/boot.hpp"
#include "host/hostile_device.hpp"
#include "virtio/mmio_transport.hpp"

namespace osier {
namespace {

struct rng_node {
  static constexpr std::string_view path = "/virtio_mmio@0/rng";
};
using device = fuzz::hostile_registers;
using fuzzed_driver = virtio_rng::driver<rng_node, virtio::mmio_transport<fuzz::slot_node, device>>;
static_assert(fuzzed_driver::check());

fuzz::in_memory<fuzzed_driver::storage> storage_memory;
fuzz::in_memory<fuzzed_driver> driver_memory;

// More than the device's buffer holds, with ends that AddressSanitizer guards.
std::byte wanted[2][300];

task<> fill(fuzz::input& in, std::span<std::byte> room) {
  entropy::source<rng_node> source{host::entry()};
  while (!in.empty()) {
    co_await source.fill(room.first(in.take<u16>() % (room.size() + 1)));
    fuzz::count("requests answered");
  }
}

void run(fuzzed_driver& driver, fuzz::input& in) {
  driver.start();
  for (auto& room : wanted) fuzz::expect(async::spawn(fill(in, room)), "no frame for a task");
  host::run_until_idle();
  fuzz::act_to_the_end(driver, in);
}

}  // namespace
}  // namespace osier

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace osier;
  fuzz::power_up();
  fuzz::forget(entropy::port_of<rng_node>);
  device::power_up(virtio_rng::device_id);
  auto& driver = driver_memory.make(storage_memory.make());
  fuzz::input in{data, size};
  fuzz::panics([&] { run(driver, in); });
  return 0;
}
