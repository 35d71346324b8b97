// SPDX-License-Identifier: Apache-2.0
// Block buffers and who holds them: a task has a `buffer`; while a disk reads or writes it, nobody
// can name it; with the answer it comes back.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "async/executor.hpp"
#include "core/free_list.hpp"
#include "core/units.hpp"

namespace osier::storage {

// What disks are addressed in, in bytes, whatever the medium's own unit is.
inline constexpr std::size_t sector_size = 512;

enum class error : u8 {
  out_of_range,  // sectors that the disk does not have
  read_only,
  io,           // the device says that it failed
  unsupported,  // the device does not offer this
};
inline constexpr std::array<std::string_view, 4> error_names = {
    "out of range", "read-only", "input/output error", "unsupported"};
constexpr std::string_view name_of(error which) {
  return error_names[static_cast<std::size_t>(which)];
}

// One buffer of the pool.
struct block {
  block* next;      // in the pool
  std::byte* data;  // its bytes, as many as the pool's block_size
  u32 length;       // of the part in use, in bytes: whole sectors
};

class buffer;

// Every block buffer of the image, and the tasks that wait for one. Task context only.
class buffer_pool {
 public:
  // Gives the pool its buffers, which share `data` evenly. Once, at boot.
  void start(std::span<block> blocks, std::span<std::byte> data) {
    block_size_ = data.size() / blocks.size();
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      blocks[i].data = data.data() + i * block_size_;
      free_.push(blocks[i]);
    }
  }

  std::size_t available() const { return free_.size(); }
  std::size_t block_size() const { return block_size_; }

  // Waits for a buffer; all of it is in use, its bytes are what they were.
  auto acquire();

  // Takes a buffer back: for the first who waits, else for the pool.
  void give_back(block& returned) {
    if (acquisition* first = waiting_.pop_front()) {
      first->given = &returned;
      async::make_ready(*first);
      return;
    }
    free_.push(returned);
  }

 private:
  // A task that waits, and the buffer that it is handed. Where the task is ended before it has run,
  // the buffer goes back.
  struct acquisition : async::waiter {
    explicit acquisition(buffer_pool& from) : pool{from} {}
    // Only before it waits: there is nothing to take over.
    acquisition(acquisition&& idle) noexcept : waiter{}, pool{idle.pool} {}
    ~acquisition() {
      unlink();
      if (given != nullptr) pool.give_back(*given);
    }
    buffer_pool& pool;
    block* given = nullptr;
  };

  free_list<block> free_;
  std::size_t block_size_ = 0;
  list<acquisition> waiting_;
};

// The image's pool.
inline constinit buffer_pool buffers;

// A block buffer that a task holds. Move-only; dropped, it goes back to the pool.
//
// clang's analysis does not follow a value through co_await: what an app receives is `unknown` to
// it until it is moved, so its operations refuse `consumed` alone.
class [[clang::consumable(unconsumed)]] buffer {
 public:
  buffer(buffer&& other) noexcept : block_{std::exchange(other.block_, nullptr)} {}
  buffer& operator=(buffer&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~buffer() {
    if (block_ != nullptr) buffers.give_back(*block_);
  }

  // The part in use; valid while the handle is.
  [[clang::callable_when("unconsumed", "unknown")]] std::span<std::byte> data()
      [[clang::lifetimebound]] {
    return {block_->data, block_->length};
  }
  [[clang::callable_when("unconsumed", "unknown")]] std::span<const std::byte> data() const
      [[clang::lifetimebound]] {
    return {block_->data, block_->length};
  }

  [[clang::callable_when("unconsumed", "unknown")]] std::size_t sectors() const {
    return block_->length / sector_size;
  }

  // Uses that many sectors of it: at least one, and at most what it has.
  [[clang::callable_when("unconsumed", "unknown")]] void resize(std::size_t sectors) {
    const std::size_t limit = buffers.block_size() / sector_size;
    block_->length = static_cast<u32>(std::clamp(sectors, std::size_t{1}, limit) * sector_size);
  }

 private:
  friend class buffer_pool;
  friend class completed;
  template <class>
  friend class disk;
  [[clang::return_typestate(unconsumed)]] explicit buffer(block& taken) : block_{&taken} {}
  // Gives the block up, to the request that hands it to a disk.
  [[nodiscard, clang::callable_when("unconsumed", "unknown"), clang::set_typestate(consumed)]]
  block* release() && {
    return std::exchange(block_, nullptr);
  }

  block* block_;
};

inline auto buffer_pool::acquire() {
  struct awaiter : acquisition {
    using acquisition::acquisition;
    bool await_ready() const { return pool.available() > 0; }
    void await_suspend(std::coroutine_handle<> coroutine) {
      suspend(coroutine);
      pool.waiting_.push_back(*this);
    }
    buffer await_resume() {
      block& taken = given != nullptr ? *std::exchange(given, nullptr) : pool.free_.pop();
      taken.length = static_cast<u32>(pool.block_size());
      return buffer{taken};
    }
  };
  return awaiter{*this};
}

}  // namespace osier::storage
