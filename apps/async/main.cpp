// SPDX-License-Identifier: Apache-2.0
// The async contract on the machine itself: every wait is given up at its await point, queues are
// filled to the last place, and after 100,000 rounds all frames, buffers and timers are back.
// Status 2, and a line that says what, where anything is not as it must be.
#include <array>
#include <optional>

#include "async/when.hpp"
#include "console/log.hpp"
#include "machine.hpp"
#include "time/deadline.hpp"

namespace {

using namespace std::chrono_literals;
using time::with_deadline;
using datagram = net::datagram<net::packet_state::building>;

constexpr int rounds = 100'000;
constexpr std::size_t own_buffers = machine::net_config::transmit_buffers;
constexpr std::size_t disk_buffers = machine::disk_config::buffers;
constexpr std::size_t queue_places = machine::net_config::packet_buffers / 2;
constexpr net::endpoint nobody = {{10, 0, 2, 77}, 9};

bool failed = false;

void expect(bool holds, std::string_view what) {
  if (holds) return;
  failed = true;
  log::error("async: wrong: {}", what);
}

task<int> give_later(int value) {
  co_await async::yield{};
  co_return value;
}

task<> sleep_deeply(int levels) {
  if (levels > 0) {
    co_await sleep_deeply(levels - 1);
  } else {
    co_await time::sleep(1h);
  }
}

// Takes every buffer that the app may have, which proves that none is elsewhere.
task<std::size_t> count_buffers(machine::left_socket& left) {
  std::array<std::optional<datagram>, own_buffers> held;
  std::size_t count = 0;
  for (auto& place : held) {
    auto taken = co_await with_deadline(left.compose(), 1s);
    if (!taken) break;
    place.emplace(*std::move(taken));
    ++count;
  }
  co_return count;
}

// The same of the disk's: a buffer that the device still has comes back when it is done.
task<std::size_t> count_disk_buffers(machine::disk0& disk) {
  std::array<std::optional<storage::buffer>, disk_buffers> held;
  std::size_t count = 0;
  for (auto& place : held) {
    auto taken = co_await with_deadline(disk.acquire(), 1s);
    if (!taken) break;
    place.emplace(*std::move(taken));
    ++count;
  }
  expect(!co_await with_deadline(disk.acquire(), 1ms), "no disk buffer is left");
  co_return count;
}

// Gives up waits for devices that do answer, before they have; how many.
task<int> cancel_devices(machine::disk0& disk, machine::entropy& entropy) {
  int cancelled = 0;
  std::array<std::byte, 32> bytes;
  const auto over = [&cancelled](std::size_t first) { cancelled += first == 0 ? 1 : 0; };
  over((co_await when_any(async::yield{}, entropy.fill(bytes))).index());
  over((co_await when_any(async::yield{}, disk.read(0, co_await disk.acquire()))).index());
  over((co_await when_any(async::yield{}, disk.write(1, co_await disk.acquire()))).index());
  over((co_await when_any(async::yield{}, disk.flush())).index());
  // Each still works: what comes now is for these.
  expect((co_await with_deadline(entropy.fill(bytes), 1h)).has_value(), "random bytes");
  const auto read = co_await with_deadline(disk.read(0, co_await disk.acquire()), 1h);
  expect(read && read->result().has_value(), "a sector");
  co_return cancelled;
}

// Gives up one wait of each kind, while it waits; how many.
task<int> cancel_each(machine::left_socket& left) {
  int cancelled = 0;
  const auto over = [&cancelled](bool timed_out) { cancelled += timed_out ? 1 : 0; };
  over(!co_await with_deadline(time::sleep(1h), 1ms));
  over(!co_await with_deadline(left.receive(), 1ms));
  over(!co_await with_deadline(sleep_deeply(4), 1ms));
  over(!co_await with_deadline(when_any(time::sleep(1h), left.receive()), 1ms));
  over(!co_await with_deadline(when_all(give_later(1), left.receive(), time::sleep(1h)), 1ms));
  over(!co_await with_deadline(with_deadline(left.receive(), 1h), 1ms));
  // A datagram whose next hop does not answer: given up while the address is asked for.
  over(!co_await with_deadline(left.send_to(nobody, co_await left.compose()), 1ms));
  over((co_await when_any(time::sleep(1h), async::yield{})).index() == 1);
  over((co_await when_any(async::yield{}, async::yield{})).index() == 0);
  co_return cancelled;
}

// More tasks than there are frames: how many were refused.
task<std::size_t> fill_frames() {
  std::size_t started = 0;
  const std::size_t before = async::free_frames();
  while (async::spawn([] -> task<> { co_await async::yield{}; }())) ++started;
  expect(started == before, "as many tasks start as there are frames");
  expect(async::free_frames() == 0, "no frame is left");
  while (async::free_frames() < before) co_await async::yield{};
  co_return started;
}

// More datagrams than there are buffers, and more than a socket's queue holds.
task<std::size_t> fill_queues(machine::left_socket& left, machine::right_socket& right) {
  {
    std::array<std::optional<datagram>, own_buffers> held;
    for (auto& place : held) place.emplace(co_await left.compose());
    co_await time::sleep(1ms);
    expect(!left.try_compose(), "no buffer is left");
    const auto more = co_await with_deadline(left.compose(), 1ms);
    expect(!more, "nor does one come");
    for (auto& place : held) {
      auto message = *std::exchange(place, std::nullopt);
      expect((co_await left.send_to(right.local, std::move(message))).has_value(), "sending");
    }
  }
  std::size_t arrived = 0;
  while (right.try_receive()) ++arrived;
  co_return arrived;
}

// One round of a kind; each leaves nothing behind.
task<> round_of(int kind, machine::left_socket& left, machine::right_socket& right) {
  switch (kind) {
    case 0:
      expect((co_await when_any(left.receive(), async::yield{})).index() == 1, "a yield wins");
      break;
    case 1: {
      const auto [a, b, c] =
          co_await when_all(give_later(1), async::yield{}, when_any(give_later(2), left.receive()));
      expect(a == 1 && std::get<0>(c) == 2, "all values");
      break;
    }
    case 2: expect(!co_await with_deadline(right.receive(), 10us), "nothing arrives"); break;
    case 3:
      expect((co_await when_any(time::sleep(1h), sleep_deeply(2), give_later(3))).index() == 2,
             "a task wins");
      break;
    case 4: {
      const auto sent = co_await left.send_to(right.local, co_await left.compose());
      expect(sent.has_value(), "sending to ourselves");
      auto arrived = co_await with_deadline(right.receive(), 1h);
      expect(arrived && arrived->sender() == left.local, "a datagram of our own");
      break;
    }
    case 5: {
      const task<> dropped = sleep_deeply(3);
      expect(static_cast<bool>(dropped), "a frame for a task that never starts");
      break;
    }
    case 6: {
      // The datagram is for the wait that loses: it is still there afterwards.
      static_cast<void>(co_await left.send_to(right.local, co_await left.compose()));
      expect((co_await when_any(give_later(4), left.receive())).index() == 0, "a task wins");
      expect(right.try_receive().has_value(), "the datagram is there");
      break;
    }
    default: expect(co_await with_deadline(give_later(5), 1h) == 5, "in time");
  }
}

}  // namespace

task<> app_main(machine::console console, machine::disk0 disk0, machine::entropy entropy,
                machine::left_socket left, machine::right_socket right) {
  const std::size_t frames = async::free_frames();
  expect(co_await count_buffers(left) == own_buffers, "buffers before");

  console.print("async: {} waits cancelled\n",
                co_await cancel_each(left) + co_await cancel_devices(disk0, entropy));
  console.print("async: {} tasks fill the frames\n", co_await fill_frames());
  const std::size_t queued = co_await fill_queues(left, right);
  expect(queued == queue_places, "the queue's places");
  console.print("async: {} of {} datagrams fit a queue\n", queued, own_buffers);

  for (int round = 0; round < rounds; ++round) co_await round_of(round % 8, left, right);

  console.print("async: {} of {} disk buffers are back\n", co_await count_disk_buffers(disk0),
                disk_buffers);
  console.print("async: {} rounds; back are {} of {} buffers, {} of {} frames; {} timers armed\n",
                rounds, co_await count_buffers(left), own_buffers, async::free_frames(), frames,
                time::armed_timers());
  platform::end(failed ? 2 : 0);
}
