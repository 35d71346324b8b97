// SPDX-License-Identifier: Apache-2.0
// Writes the first, the last and random sectors of its disk, eight requests at a time, reads them
// back, and asks for what the disk must refuse. Status 2 where something is not as it should be.
#include <algorithm>
#include <string_view>

#include "machine.hpp"

namespace {

constexpr u64 note_sector = 1;  // written by nobody here: what the host leaves in it is printed
constexpr unsigned workers = 8;
constexpr unsigned rounds = 8;  // of each worker
constexpr u64 run_length = 8;   // sectors of a random request

// What every sector that this app writes holds. The boot test computes the same on the host.
std::byte byte_of(u64 sector, std::size_t at) {
  return static_cast<std::byte>((sector * 7 + (sector >> 8) + at) ^ (at >> 8));
}

void fill(std::span<std::byte> data, u64 sector) {
  for (std::size_t i = 0; i < data.size(); ++i) {
    data[i] = byte_of(sector + i / storage::sector_size, i % storage::sector_size);
  }
}

bool holds(const storage::buffer& buffer, u64 sector) {
  const std::span<const std::byte> data = buffer.data();
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data[i] != byte_of(sector + i / storage::sector_size, i % storage::sector_size)) {
      return false;
    }
  }
  return true;
}

// The sector that a worker's request of a round begins at: the same at every boot.
u64 random_sector(u64 worker, u64 round, u64 sectors) {
  const u64 mixed = (worker * rounds + round + 1) * 0x9e37'79b9'7f4a'7c15;
  return 2 + (mixed >> 32) % (sectors - run_length - 2);
}

// Counts the workers that are still busy; one coroutine waits for the last.
class crew {
 public:
  explicit crew(unsigned size) : busy_{size} {}
  void leave() {
    if (--busy_ > 0) return;
    if (async::waiter* waiting = waiting_.pop_front()) async::make_ready(*waiting);
  }
  auto all_have_left() {
    struct awaiter {
      crew& whom;
      async::waiter self = {};
      bool await_ready() const { return whom.busy_ == 0; }
      void await_suspend(std::coroutine_handle<> coroutine) {
        self.suspend(coroutine);
        whom.waiting_.push_back(self);
      }
      void await_resume() const {}
    };
    return awaiter{*this};
  }

 private:
  unsigned busy_;
  async::wait_list waiting_;
};

bool report(machine::console& console, u64 sector, std::string_view what) {
  console.print("block: {}, sector {}: {}\n", machine::disk0::path, sector, what);
  return false;
}

// Writes `count` sectors from one on; false, after a message, where that failed.
task<bool> write(machine::console& console, machine::disk0& disk, u64 sector, u64 count) {
  auto buffer = co_await disk.acquire();
  buffer.resize(count);
  fill(buffer.data(), sector);
  const auto done = co_await disk.write(sector, std::move(buffer));
  if (!done.result()) co_return report(console, sector, name_of(done.result().error()));
  co_return true;
}

// Reads and compares, likewise.
task<bool> read(machine::console& console, machine::disk0& disk, u64 sector, u64 count) {
  auto buffer = co_await disk.acquire();
  buffer.resize(count);
  auto done = co_await disk.read(sector, std::move(buffer));
  if (!done.result()) co_return report(console, sector, name_of(done.result().error()));
  if (!holds(std::move(done).take(), sector)) {
    co_return report(console, sector, "other bytes than were written");
  }
  co_return true;
}

// `transfer`: write or read, as a template parameter: a call through a pointer would have no depth
// of stack that the build can know.
template <auto transfer>
task<> work(machine::console& console, machine::disk0& disk, unsigned number, bool& good,
            crew& mates) {
  for (unsigned round = 0; round < rounds && good; ++round) {
    const u64 sector = random_sector(number, round, disk.sectors());
    if (!co_await transfer(console, disk, sector, run_length)) good = false;
  }
  mates.leave();
}

// The first and the last sector alone, then random ones by all workers at once.
template <auto transfer>
task<bool> everywhere(machine::console& console, machine::disk0& disk) {
  if (!co_await transfer(console, disk, 0, 1)) co_return false;
  if (!co_await transfer(console, disk, disk.sectors() - 1, 1)) co_return false;
  bool good = true;
  crew mates{workers};
  for (unsigned number = 0; number < workers; ++number) {
    if (!async::spawn(work<transfer>(console, disk, number, good, mates))) co_return false;
  }
  co_await mates.all_have_left();
  co_return good;
}

task<> print_note(machine::console& console, machine::disk0& disk) {
  auto done = co_await disk.read(note_sector, co_await disk.acquire());
  if (!done.result()) {
    console.print("block: the note cannot be read\n");
    co_return;
  }
  const storage::buffer buffer = std::move(done).take();
  const auto data = buffer.data();
  const auto end = std::ranges::find_if(
      data, [](std::byte each) { return each < std::byte{' '} || each > std::byte{'~'}; });
  // SAFETY: the bytes are printable characters, and live as long as the buffer.
  const std::string_view note{reinterpret_cast<const char*>(data.data()),
                              static_cast<std::size_t>(end - data.begin())};
  console.print("block: the note in sector {} says \"{}\"\n", note_sector, note);
}

// Whether reads and writes beyond the end are refused, and the buffer comes back.
task<bool> ends_where_it_ends(machine::disk0& disk) {
  auto buffer = co_await disk.acquire();
  buffer.resize(2);
  auto beyond = co_await disk.read(disk.sectors() - 1, std::move(buffer));
  const bool read_refused = beyond.result() == std::unexpected{storage::error::out_of_range};
  auto far = co_await disk.write(~u64{0}, std::move(beyond).take());
  co_return read_refused&& far.result() == std::unexpected{storage::error::out_of_range};
}

}  // namespace

task<> app_main(machine::console console, machine::disk0 disk0) {
  console.print("block: {} sectors\n", disk0.sectors());
  co_await print_note(console, disk0);
  if (!co_await ends_where_it_ends(disk0)) platform::end(2);
  console.print("block: beyond the end: {}\n", name_of(storage::error::out_of_range));
  if (!co_await everywhere<write>(console, disk0)) platform::end(2);
  if (const auto flushed = co_await disk0.flush(); !flushed) {
    console.print("block: flush: {}\n", name_of(flushed.error()));
    platform::end(2);
  }
  if (!co_await everywhere<read>(console, disk0)) platform::end(2);
  console.print("block: first, last and {} random sectors written, flushed and read\n",
                workers * rounds * run_length);
}
