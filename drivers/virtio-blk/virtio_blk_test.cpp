// SPDX-License-Identifier: Apache-2.0
// The block driver and the app's handle against a whole disk: requests, answers, refusals, and
// coroutines that go before their answer comes.
#include "virtio-blk/virtio_blk.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <vector>

#include "host/boot.hpp"
#include "host/platform.hpp"
#include "host/virtio_device.hpp"
#include "storage/disk.hpp"

namespace osier::virtio_blk {
namespace {

constexpr std::size_t sector = storage::sector_size;

// A disk behind a transport that is function calls. It walks chains by the specification's offsets.
struct fake_disk {
  struct node {
    static constexpr std::string_view path = "/slot";
  };
  static inline std::vector<u8> medium;
  static inline virtio::features offered = 0;
  static inline virtio::features accepted = 0;
  static inline u32 status = 0;
  static inline u32 discard_limit = 0;
  static inline host::device_queue queue;
  static inline unsigned doorbells = 0;
  static inline u32 cause = 0;
  static inline int generation_changes = 0;
  static inline std::optional<u8> answer;  // in place of the right one
  static inline std::vector<u32> types;    // of the requests so far

  static consteval diagnostic check(std::size_t) { return {}; }
  static void verify(u32 id) { EXPECT_EQ(id, device_id); }
  static u32 get_status() { return status; }
  static void set_status(u32 value) { status = value; }
  static virtio::features get_offered() { return offered; }
  static void accept(virtio::features chosen) { accepted = chosen; }
  static void set_queue(u32 index, u16 entries, u64 descriptors, u64 driver_area, u64 device_area) {
    EXPECT_EQ(index, 0u);
    queue = {.entries = entries,
             .descriptors = descriptors,
             .driver_area = driver_area,
             .device_area = device_area,
             .ready = true};
  }
  static void notify(u32) { ++doorbells; }
  static u32 acknowledge_interrupt() { return std::exchange(cause, 0); }
  static u32 config_generation() {
    return generation_changes > 0 ? static_cast<u32>(generation_changes--) : 0;
  }
  template <class T>
  static T read_config(std::size_t at) {
    const u64 sectors = medium.size() / sector;
    if (at == 36) return static_cast<T>(discard_limit);
    return static_cast<T>(at == 0 ? sectors : sectors >> 32);
  }

  struct part {
    u64 address;
    u32 length;
    bool device_writes;
  };
  struct request {
    u16 id;
    std::vector<part> parts;
  };

  // Takes the next chain, to be done later.
  static request take() {
    const auto head = queue.next();
    request taken{.id = head.id, .parts = {}};
    u16 id = head.id;
    for (;;) {
      const u64 where = queue.descriptors + 16 * u64{id};
      const u16 flags = host::device_queue::at<u16>(where + 12);
      taken.parts.push_back({.address = host::device_queue::at<u64>(where),
                             .length = host::device_queue::at<u32>(where + 8),
                             .device_writes = (flags & 2) != 0});
      if ((flags & 1) == 0) return taken;
      id = host::device_queue::at<u16>(where + 14);
    }
  }

  // SAFETY: both: the driver gave these addresses, and they are of this process.
  template <class T>
  static T* memory(const part& where) {
    return reinterpret_cast<T*>(where.address);
  }

  static void finish(const request& done) {
    const auto* header = memory<const request_header>(done.parts.front());
    const part& data = done.parts[1];
    const std::size_t at = header->sector * sector;
    u32 written = 1;
    types.push_back(header->type);
    if (header->type == type_read) {
      std::memcpy(memory<u8>(data), medium.data() + at, data.length);
      written += data.length;
    } else if (header->type == type_write) {
      std::memcpy(medium.data() + at, memory<u8>(data), data.length);
    } else if (header->type == type_discard) {
      const auto* range = memory<const discard_range>(data);
      std::memset(medium.data() + range->sector * sector, 0, range->sectors * sector);
    }
    *memory<u8>(done.parts.back()) = answer.value_or(status_ok);
    if (queue.complete(done.id, written)) cause = 1;
  }

  static void finish_all() {
    while (queue.has_available()) finish(take());
  }
};

// device.hpp calls it offered(), which here is the set itself.
struct transport : fake_disk {
  static virtio::features offered() { return fake_disk::get_offered(); }
};

struct disk_node {
  static constexpr std::string_view path = "/slot/disk";
  static constexpr u16 queue_size = 16;
};
struct config {
  static constexpr u64 disk_size = 64 * sector;
  static constexpr std::size_t buffers = 8;
  static constexpr std::size_t buffer_size = 4 * sector;
};
using tested_driver = driver<disk_node, transport, config>;
using tested_disk = storage::disk<disk_node>;
static_assert(tested_driver::check());

constexpr virtio::features required = virtio::version_1 | virtio::event_index;

class virtio_blk : public testing::Test {
 protected:
  void SetUp() override {
    fake_disk::medium.assign(64 * sector, 0);
    for (std::size_t i = 0; i < fake_disk::medium.size(); ++i) {
      fake_disk::medium[i] = static_cast<u8>(i / sector + i);
    }
    fake_disk::offered = required | has_flush | has_discard;
    fake_disk::discard_limit = 8;
    fake_disk::doorbells = 0;
    fake_disk::generation_changes = 0;
    fake_disk::answer.reset();
    fake_disk::types.clear();
    host::renew(storage::buffers);
    host::renew(storage::port_of<disk_node>);
    storage::buffers.start(blocks, data);
  }
  void TearDown() override { host::run_until_idle(); }

  void start() {
    driver.start();
    host::run_until_idle();
  }

  // The device does what it was given, and interrupts where it was asked to.
  void answer_all() {
    fake_disk::finish_all();
    interrupt();
  }
  void interrupt() {
    if (fake_disk::cause == 0) return;
    host::interrupt([this](irq::context context) { driver.interrupt(context); });
    host::run_until_idle();
  }

  // Starts a coroutine, and keeps what it captured.
  void run(std::function<task<>()> work) {
    works.push_back(std::move(work));
    ASSERT_TRUE(async::spawn(works.back()()));
    host::run_until_idle();
  }

  std::list<std::function<task<>()>> works;
  std::vector<storage::block> blocks = std::vector<storage::block>(config::buffers);
  std::vector<std::byte> data = std::vector<std::byte>(config::buffers * config::buffer_size);
  tested_driver::storage memory;
  tested_driver driver{memory};
  tested_disk disk{host::entry()};
};

TEST_F(virtio_blk, says_what_the_disk_is) {
  fake_disk::generation_changes = 3;  // the size is read until it holds still
  start();
  EXPECT_EQ(disk.sectors(), 64u);
  EXPECT_EQ(disk.size(), 64 * sector);
  EXPECT_FALSE(disk.read_only());
  EXPECT_TRUE(disk.can_discard());
  EXPECT_EQ(fake_disk::accepted, required | has_flush | has_discard);
  EXPECT_EQ(fake_disk::queue.entries, 16) << "no more than the device's";
}

TEST_F(virtio_blk, accepts_only_what_is_offered) {
  fake_disk::offered = required | has_read_only;
  start();
  EXPECT_EQ(fake_disk::accepted, required | has_read_only);
  EXPECT_TRUE(disk.read_only());
  EXPECT_FALSE(disk.can_discard());
}

TEST_F(virtio_blk, a_disk_smaller_than_the_app_needs_is_a_panic) {
  fake_disk::medium.resize(63 * sector);
  EXPECT_PANIC(driver.start(),
               "/slot/disk: expected a disk of at least 32768 bytes, found one of 32256");
}

TEST_F(virtio_blk, a_configuration_that_never_holds_still_is_a_panic) {
  fake_disk::generation_changes = 1'000'000;
  EXPECT_PANIC(
      driver.start(),
      "/slot: expected a configuration that holds still, found it changed at 1000 readings");
}

TEST_F(virtio_blk, a_request_is_header_data_and_status) {
  start();
  run([&]() -> task<> {
    auto buffer = co_await disk.acquire();
    buffer.resize(3);
    (void)co_await disk.write(5, std::move(buffer));
  });
  const auto seen = fake_disk::take();
  ASSERT_EQ(seen.parts.size(), 3u);
  EXPECT_EQ(seen.parts[0].length, 16u);
  EXPECT_FALSE(seen.parts[0].device_writes);
  EXPECT_EQ(seen.parts[1].length, 3 * sector);
  EXPECT_FALSE(seen.parts[1].device_writes) << "the device reads what is written to it";
  EXPECT_EQ(seen.parts[2].length, 1u);
  EXPECT_TRUE(seen.parts[2].device_writes);
  EXPECT_EQ(fake_disk::memory<request_header>(seen.parts[0])->sector, 5u);
  fake_disk::finish(seen);
  interrupt();
}

TEST_F(virtio_blk, what_is_written_is_read) {
  start();
  bool done = false;
  run([&]() -> task<> {
    auto buffer = co_await disk.acquire();
    for (std::byte& each : buffer.data()) each = std::byte{0x5a};
    auto written = co_await disk.write(60, std::move(buffer));
    EXPECT_TRUE(written.result());
    auto other = std::move(written).take();
    other.resize(1);
    auto read = co_await disk.read(63, std::move(other));
    EXPECT_TRUE(read.result());
    const auto back = std::move(read).take();
    EXPECT_EQ(back.data().size(), sector);
    for (const std::byte each : back.data()) EXPECT_EQ(each, std::byte{0x5a});
    done = true;
  });
  answer_all();
  answer_all();
  EXPECT_TRUE(done);
  EXPECT_EQ(fake_disk::medium[60 * sector - 1], static_cast<u8>(59 + 60 * sector - 1));
  EXPECT_EQ(storage::buffers.available(), config::buffers);
}

TEST_F(virtio_blk, requests_of_one_turn_share_a_doorbell_and_may_be_answered_in_any_order) {
  start();
  std::vector<int> order;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(async::spawn([](tested_disk& disk, std::vector<int>& order, int i) -> task<> {
      auto done = co_await disk.read(static_cast<u64>(i), co_await disk.acquire());
      EXPECT_EQ(std::move(done).take().data()[0], std::byte(fake_disk::medium[i * sector]));
      order.push_back(i);
    }(disk, order, i)));
  }
  host::run_until_idle();
  EXPECT_EQ(fake_disk::doorbells, 1u);
  std::deque<fake_disk::request> taken;
  while (fake_disk::queue.has_available()) taken.push_back(fake_disk::take());
  ASSERT_EQ(taken.size(), 5u) << "all of them in flight: the queue holds five chains";
  for (const int i : {3, 0, 4, 1, 2}) fake_disk::finish(taken[static_cast<std::size_t>(i)]);
  interrupt();
  EXPECT_EQ(order, (std::vector{3, 0, 4, 1, 2}));
}

TEST_F(virtio_blk, what_the_queue_cannot_hold_waits) {
  start();
  int done = 0;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(async::spawn([](tested_disk& disk, int& done) -> task<> {
      EXPECT_TRUE((co_await disk.read(0, co_await disk.acquire())).result());
      ++done;
    }(disk, done)));
  }
  host::run_until_idle();
  EXPECT_EQ(fake_disk::queue.available(), 5);
  for (int i = 0; i < 6; ++i) answer_all();
  EXPECT_EQ(done, 20);
  EXPECT_EQ(storage::buffers.available(), config::buffers);
}

TEST_F(virtio_blk, errors_are_values) {
  start();
  std::vector<storage::error> seen;
  const auto read = [&]() -> task<> {
    auto done = co_await disk.read(0, co_await disk.acquire());
    seen.push_back(done.result().error());
  };
  for (const u8 answer : {u8{status_error}, u8{status_unsupported}, u8{77}}) {
    fake_disk::answer = answer;
    run(read);
    answer_all();
  }
  EXPECT_EQ(seen,
            (std::vector{storage::error::io, storage::error::unsupported, storage::error::io}));
  EXPECT_EQ(storage::buffers.available(), config::buffers);
}

TEST_F(virtio_blk, what_cannot_be_is_answered_without_the_device) {
  fake_disk::offered |= has_read_only;
  start();
  bool done = false;
  run([&]() -> task<> {
    auto buffer = co_await disk.acquire();
    buffer.resize(2);
    auto beyond = co_await disk.read(63, std::move(buffer));
    EXPECT_EQ(beyond.result().error(), storage::error::out_of_range);
    auto far = co_await disk.read(~u64{0} - 1, std::move(beyond).take());
    EXPECT_EQ(far.result().error(), storage::error::out_of_range);
    auto written = co_await disk.write(0, std::move(far).take());
    EXPECT_EQ(written.result().error(), storage::error::read_only);
    EXPECT_EQ((co_await disk.discard(0, 1)).error(), storage::error::read_only);
    EXPECT_EQ((co_await disk.discard(60, 5)).error(), storage::error::out_of_range);
    done = true;
  });
  EXPECT_TRUE(done);
  EXPECT_FALSE(fake_disk::queue.has_available());
}

TEST_F(virtio_blk, a_flush_reaches_the_device_where_it_holds_writes_back) {
  start();
  bool done = false;
  const auto flush = [&]() -> task<> {
    EXPECT_TRUE(co_await disk.flush());
    done = true;
  };
  run(flush);
  EXPECT_FALSE(done);
  answer_all();
  EXPECT_TRUE(done);
  EXPECT_EQ(fake_disk::types, std::vector<u32>{type_flush});
}

TEST_F(virtio_blk, a_flush_that_fails_says_so) {
  start();
  fake_disk::answer = status_error;
  std::optional<std::expected<void, storage::error>> answer;
  run([&]() -> task<> { answer = co_await disk.flush(); });
  answer_all();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error(), storage::error::io);
}

// What a chain held before does not show in what it holds now, whichever has which parts.
TEST_F(virtio_blk, a_chain_is_used_by_every_kind_of_request_in_turn) {
  start();
  const auto parts_of = [&](task<> work) {
    EXPECT_TRUE(async::spawn(std::move(work)));
    host::run_until_idle();
    const auto taken = fake_disk::take();
    EXPECT_EQ(taken.id, 4) << "the one that came back last, of five";
    fake_disk::finish(taken);
    interrupt();
    std::vector<std::pair<u32, bool>> parts;
    for (const auto& part : taken.parts) parts.emplace_back(part.length, part.device_writes);
    return parts;
  };
  const auto flush = [](tested_disk& disk) -> task<> { EXPECT_TRUE(co_await disk.flush()); };
  const auto discard = [](tested_disk& disk) -> task<> {
    EXPECT_TRUE(co_await disk.discard(3, 2));
  };
  const auto read = [](tested_disk& disk) -> task<> {
    EXPECT_TRUE((co_await disk.read(0, co_await disk.acquire())).result());
  };
  const auto write = [](tested_disk& disk) -> task<> {
    EXPECT_TRUE((co_await disk.write(0, co_await disk.acquire())).result());
  };
  using parts = std::vector<std::pair<u32, bool>>;
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(parts_of(read(disk)), (parts{{16, false}, {4 * sector, true}, {1, true}}));
    EXPECT_EQ(parts_of(flush(disk)), (parts{{16, false}, {1, true}}));
    EXPECT_EQ(parts_of(write(disk)), (parts{{16, false}, {4 * sector, false}, {1, true}}));
    EXPECT_EQ(parts_of(discard(disk)), (parts{{16, false}, {16, false}, {1, true}}));
  }
}

TEST_F(virtio_blk, a_flush_is_done_where_the_device_writes_through) {
  fake_disk::offered = required;
  start();
  bool done = false;
  run([&]() -> task<> {
    EXPECT_TRUE(co_await disk.flush());
    EXPECT_EQ((co_await disk.discard(0, 1)).error(), storage::error::unsupported);
    done = true;
  });
  EXPECT_TRUE(done);
}

TEST_F(virtio_blk, a_long_discard_goes_in_parts) {
  start();
  bool done = false;
  run([&]() -> task<> {
    EXPECT_TRUE(co_await disk.discard(10, 20));
    done = true;
  });
  for (int i = 0; i < 3; ++i) answer_all();
  EXPECT_TRUE(done);
  EXPECT_EQ(fake_disk::types, (std::vector<u32>(3, type_discard)));
  EXPECT_NE(fake_disk::medium[10 * sector - 1], 0);
  for (std::size_t i = 10 * sector; i < 30 * sector; ++i) ASSERT_EQ(fake_disk::medium[i], 0);
  EXPECT_NE(fake_disk::medium[30 * sector + 1], 0);
}

TEST_F(virtio_blk, a_buffer_of_an_abandoned_request_comes_back_when_the_device_is_done) {
  start();
  std::optional<storage::buffer> buffer;
  run([&]() -> task<> { buffer.emplace(co_await disk.acquire()); });
  {
    auto request = disk.read(0, *std::move(buffer));
    ASSERT_FALSE(request.await_ready());
    request.await_suspend(std::noop_coroutine());
    host::run_until_idle();
    ASSERT_TRUE(fake_disk::queue.has_available());
  }
  buffer.reset();
  EXPECT_EQ(storage::buffers.available(), config::buffers - 1)
      << "the device may still write to it";
  answer_all();
  EXPECT_EQ(storage::buffers.available(), config::buffers);
}

TEST_F(virtio_blk, a_request_abandoned_before_it_is_handed_over_is_none) {
  start();
  std::optional<storage::buffer> buffer;
  run([&]() -> task<> { buffer.emplace(co_await disk.acquire()); });
  {
    auto request = disk.read(0, *std::move(buffer));
    ASSERT_FALSE(request.await_ready());
    request.await_suspend(std::noop_coroutine());
  }
  host::run_until_idle();
  EXPECT_FALSE(fake_disk::queue.has_available());
  EXPECT_EQ(storage::buffers.available(), config::buffers);
}

TEST_F(virtio_blk, who_waits_for_a_buffer_is_handed_the_next) {
  start();
  std::vector<storage::buffer> held;
  bool got = false;
  run([&]() -> task<> {
    for (std::size_t i = 0; i < config::buffers; ++i) held.push_back(co_await disk.acquire());
    const auto more = co_await disk.acquire();
    got = true;
  });
  EXPECT_FALSE(got);
  held.pop_back();
  host::run_until_idle();
  EXPECT_TRUE(got);
  held.clear();
  EXPECT_EQ(storage::buffers.available(), config::buffers);
}

TEST_F(virtio_blk, the_end_waits_for_what_was_asked) {
  start();
  run([&]() -> task<> { (void)co_await disk.write(1, co_await disk.acquire()); });
  fake_disk::finish_all();
  driver.finish();
  EXPECT_EQ(memory.queue.in_flight(), 0);
}

TEST_F(virtio_blk, a_chain_that_the_device_does_not_hold_is_a_panic) {
  start();
  fake_disk::queue.complete(1, 1);  // in the middle of a chain
  EXPECT_PANIC(driver.finish(); host::interrupt([this](irq::context c) {
                 fake_disk::cause = 1;
                 driver.interrupt(c);
               });
               host::run_until_idle(), "/slot/disk: the device completed descriptor 1");
}

TEST_F(virtio_blk, an_interrupt_of_another_on_the_line_wakes_nobody) {
  start();
  run([&]() -> task<> { (void)co_await disk.read(0, co_await disk.acquire()); });
  fake_disk::finish_all();
  fake_disk::cause = 0;
  host::interrupt([this](irq::context context) { driver.interrupt(context); });
  EXPECT_FALSE(async::signals_waiting());
  fake_disk::cause = 1;
  interrupt();
}

}  // namespace
}  // namespace osier::virtio_blk
