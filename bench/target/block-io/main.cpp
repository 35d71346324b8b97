// SPDX-License-Identifier: Apache-2.0
// Random blocks of 4 KiB read and written, one and 32 at a time: a line for each loop says how long
// it took. Around each loop the image halts for a while, so that the host can take figures of its
// own in between.
//
// A write leaves the block's number at its beginning, and behind it which write of its loop it was.
// A read must find the number or, on a disk that nobody has written, zeros. Status 2 where a
// request failed or a block was another.
#include <cstring>
#include <memory>

#include "latencies.hpp"
#include "machine.hpp"
#include "time/timer.hpp"

namespace {

constexpr u64 block_sectors = 4096 / storage::sector_size;
constexpr u32 requests = 16'384;  // of each loop
constexpr time::duration quiet = 200ms;

enum class direction : u8 { read, write };

constinit bench::latencies times;

// What the workers of one loop share.
struct loop {
  u32 blocks;   // of the disk: a power of two
  u32 workers;  // that have not ended
  u32 left = requests;
  u32 good = 0;
  u32 random = 2'463'534'242;
  time::instant end = {};
  async::wait_list waiting = {};  // for the last worker

  // Marsaglia's xorshift: the same blocks at every boot.
  u32 random_block() {
    random ^= random << 13;
    random ^= random >> 17;
    random ^= random << 5;
    return random & (blocks - 1);
  }

  void leave() {
    if (--workers > 0) return;
    end = platform::now();
    if (async::waiter* last = waiting.pop_front()) async::make_ready(*last);
  }

  auto all_have_left() {
    struct awaiter {
      loop& whose;
      async::waiter self = {};
      bool await_ready() const { return whose.workers == 0; }
      void await_suspend(std::coroutine_handle<> coroutine) {
        self.suspend(coroutine);
        whose.waiting.push_back(self);
      }
      void await_resume() const {}
    };
    return awaiter{*this};
  }
};

// Blocks lie at multiples of a sector, which saves the compiler from moving single bytes.
constexpr std::size_t alignment = 64;

u32 number_in(std::span<const std::byte> data) {
  u32 number = 0;
  std::memcpy(&number, std::assume_aligned<alignment>(data.data()), sizeof number);
  return number;
}

void sign(std::span<std::byte> data, u32 block, u32 write) {
  const u32 words[] = {block, write};
  std::memcpy(std::assume_aligned<alignment>(data.data()), words, sizeof words);
}

template <direction way>
storage::transfer ask(machine::disk0& disk, u32 block, storage::buffer buffer) {
  if constexpr (way == direction::read) return disk.read(block * block_sectors, std::move(buffer));
  if constexpr (way == direction::write)
    return disk.write(block * block_sectors, std::move(buffer));
}

// `timed`: with a look at the clock before and after each request.
template <direction way, bool timed>
task<> work(machine::disk0& disk, loop& shared) {
  auto buffer = co_await disk.acquire();
  while (shared.left > 0) {
    const u32 number = shared.left--;
    const u32 block = shared.random_block();
    // What a read that transfers nothing would leave there.
    sign(buffer.data(), way == direction::write ? block : ~block, number);
    const time::instant asked = timed ? platform::now() : time::instant{};
    auto done = co_await ask<way>(disk, block, std::move(buffer));
    if constexpr (timed) times.add(platform::now().ticks - asked.ticks);
    const bool answered = done.result().has_value();
    buffer = std::move(done).take();
    const u32 found = number_in(std::as_const(buffer).data());
    if (answered && (found == block || (way == direction::read && found == 0))) ++shared.good;
  }
  shared.leave();
}

u64 nanoseconds(u64 ticks) {
  constexpr u64 per_second = 1'000'000'000;
  const u64 rate = platform::timer_rate().value;
  return ticks / rate * per_second + ticks % rate * per_second / rate;
}

// One loop with so many requests at a time: how long it took. Ends the image where a request failed
// or a block was another.
template <direction way, bool timed>
task<u64> run(machine::console& console, machine::disk0& disk, u32 depth) {
  loop shared{.blocks = static_cast<u32>(std::bit_floor(disk.sectors() / block_sectors)),
              .workers = depth};
  const time::instant begin = platform::now();
  for (u32 worker = 0; worker < depth; ++worker) {
    if (!async::spawn(work<way, timed>(disk, shared))) panic("no frame for a worker");
  }
  co_await shared.all_have_left();
  if (shared.good < requests) {
    console.print("block-io: {} of {} requests were good\n", shared.good, requests);
    platform::end(2);
  }
  co_return shared.end.ticks - begin.ticks;
}

template <direction way>
task<> measure(machine::console& console, machine::disk0& disk, u32 depth) {
  constexpr std::string_view name = way == direction::read ? "read" : "write";
  console.print("block-io: {} {}\n", name, depth);
  co_await time::sleep(quiet);
  const u64 took = nanoseconds(co_await run<way, false>(console, disk, depth));
  console.print("block-io: {} requests in {} ns, {} a second\n", requests, took,
                requests * u64{1'000'000'000} / took);
  co_await time::sleep(quiet);
  times.clear();
  co_await run<way, true>(console, disk, depth);
  console.print("block-io: half within {} ns, 99 % within {} ns\n",
                nanoseconds(times.permille(500)), nanoseconds(times.permille(990)));
}

}  // namespace

task<> app_main(machine::console console, machine::disk0 disk0) {
  for (const u32 depth : {1, 32}) {
    co_await measure<direction::read>(console, disk0, depth);
    co_await measure<direction::write>(console, disk0, depth);
  }
  if (!co_await disk0.flush()) panic("the disk was not flushed");
}
