// SPDX-License-Identifier: Apache-2.0
// The block driver and three tasks that read, write, flush and discard, on a hostile disk.
//
// Input: steps of the device and of the tasks, a byte each and what they need. The device can make
// requests fail and the driver panic about it; a buffer has one owner whatever it does.
#include "virtio-blk/virtio_blk.hpp"

#include "host/boot.hpp"
#include "host/hostile_device.hpp"
#include "storage/disk.hpp"
#include "virtio/mmio_transport.hpp"

namespace osier {
namespace {

constexpr std::size_t sector = storage::sector_size;

struct disk_node {
  static constexpr std::string_view path = "/virtio_mmio@0/disk";
  static constexpr u16 queue_size = 16;
};
struct sizes {
  static constexpr u64 disk_size = 64 * sector;
  static constexpr std::size_t buffers = 4;
  static constexpr std::size_t buffer_size = 2 * sector;
};
using device = fuzz::hostile_registers;
using fuzzed_driver =
    virtio_blk::driver<disk_node, virtio::mmio_transport<fuzz::slot_node, device>, sizes>;
static_assert(fuzzed_driver::check());

fuzz::in_memory<fuzzed_driver::storage> storage_memory;
fuzz::in_memory<fuzzed_driver> driver_memory;

storage::block blocks[sizes::buffers];
std::byte data[sizes::buffers * sizes::buffer_size];
std::array<bool, sizes::buffers> held;  // by a task

bool& held_by_a_task(const storage::buffer& which) {
  const auto at = static_cast<std::size_t>(which.data().data() - data);
  fuzz::expect(at < sizeof data && at % sizes::buffer_size == 0, "a buffer from elsewhere");
  fuzz::expect(which.data().size() <= sizes::buffer_size && which.sectors() > 0,
               "a buffer of an impossible length");
  return held[at / sizes::buffer_size];
}

// A buffer has come to a task, or leaves it.
void take(const storage::buffer& which) {
  fuzz::expect(!std::exchange(held_by_a_task(which), true), "a buffer with two owners");
}
void leave(const storage::buffer& which) { held_by_a_task(which) = false; }

task<> use(fuzz::input& in) {
  storage::disk<disk_node> disk{host::entry()};
  while (!in.empty()) {
    const u8 what = in.take<u8>() % 4;
    const u64 first = in.take<u8>();
    if (what == 2) {
      const auto flushed = co_await disk.flush();
      fuzz::expect(flushed || (device::offered & virtio_blk::has_flush) != 0,
                   "a flush failed where there is nothing to flush");
    } else if (what == 3) {
      (void)co_await disk.discard(first, in.take<u8>());
    } else {
      auto buffer = co_await disk.acquire();
      take(buffer);
      buffer.resize(in.take<u8>());
      std::ranges::fill(buffer.data(), std::byte{what});
      leave(buffer);
      auto done = what == 0 ? co_await disk.read(first, std::move(buffer))
                            : co_await disk.write(first, std::move(buffer));
      const auto back = std::move(done).take();
      take(back);
      leave(back);
    }
    fuzz::count("requests answered");
  }
}

void run(fuzzed_driver& driver, fuzz::input& in) {
  driver.start();
  for (int tasks = 0; tasks < 3; ++tasks) {
    fuzz::expect(async::spawn(use(in)), "no frame for a task");
  }
  host::run_until_idle();
  fuzz::act_to_the_end(driver, in);
}

}  // namespace
}  // namespace osier

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace osier;
  fuzz::power_up();
  fuzz::forget(storage::buffers);
  fuzz::forget(storage::port_of<disk_node>);
  storage::buffers.start(blocks, data);
  held = {};
  fuzz::input in{bytes, size};
  device::power_up(virtio_blk::device_id);
  // A disk that writes through, where a flush is nothing, or one that does not.
  if (in.take<u8>() % 4 == 0) device::offered &= ~static_cast<u32>(virtio_blk::has_flush);
  // What the disk says of itself: 64 sectors, or something else.
  device::config[0] = 64;
  device::config[virtio_blk::config_discard_limit] = 8;
  for (u8 lies = in.take<u8>() % 4; lies > 0; --lies) {
    device::config[in.take<u8>() % virtio_blk::config_end] = in.take<u8>();
  }
  auto& driver = driver_memory.make(storage_memory.make());
  if (!fuzz::panics([&] { run(driver, in); })) {
    fuzz::expect(storage::buffers.available() <= sizes::buffers, "a buffer is in two places");
  }
  return 0;
}
