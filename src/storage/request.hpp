// SPDX-License-Identifier: Apache-2.0
// The seam between a disk's handle and its driver: requests on their way there, answers on theirs
// back.
#pragma once

#include <expected>
#include <utility>

#include "async/executor.hpp"
#include "storage/buffer.hpp"

namespace osier::storage {

enum class operation : u8 { read, write, flush, discard };

// What a coroutine asks of a disk. Lies in its frame, and may go before the answer comes: what the
// device holds then goes back to the pool when the device is done with it.
class request : public async::waiter {
 public:
  // `data` is the buffer of a read or write, which the request owns until a driver takes it.
  request(operation what, u64 sector, u64 sectors, block* data)
      : what{what}, sector{sector}, sectors{sectors}, data_{data} {}
  // Only before it is submitted: there is nothing to take over but the buffer.
  request(request&& idle) noexcept
      : waiter{},
        what{idle.what},
        sector{idle.sector},
        sectors{idle.sectors},
        data_{std::exchange(idle.data_, nullptr)} {}
  ~request() {
    unlink();
    if (holder_ != nullptr) *holder_ = nullptr;
    if (data_ != nullptr) buffers.give_back(*data_);
  }

  const operation what;
  const u64 sector;
  const u64 sectors;

  // The driver hands the request to the device: it takes the buffer, and keeps a pointer to the
  // request in `holder`, which becomes nullptr where nobody waits any more.
  block* take(request*& holder) {
    holder = this;
    holder_ = &holder;
    return std::exchange(data_, nullptr);
  }

  // The device has answered: the buffer is the asker's again, who goes on. `asker` is what the
  // driver's pointer says now. Where the device failed, refuse() has said so.
  static void complete(request* asker, block* data) {
    if (asker == nullptr) {
      if (data != nullptr) buffers.give_back(*data);
      return;
    }
    asker->holder_ = nullptr;
    asker->data_ = data;
    async::make_ready(*asker);
  }

  // The answer is an error, of the device or without having asked it.
  void refuse(error why) { result_ = std::unexpected{why}; }

  std::expected<void, error> result() const { return result_; }
  block* take_back() { return std::exchange(data_, nullptr); }

 private:
  block* data_;
  request** holder_ = nullptr;
  std::expected<void, error> result_ = {};
};

// What the driver of a disk has found at boot.
struct geometry {
  u64 sectors;
  bool read_only;
  bool write_back;    // a write is durable only after a flush
  u32 discard_limit;  // sectors that one discard can name; 0 where there is none
};

// A disk as its handle and its driver see it. Task context.
class port {
 public:
  // The driver: what the disk is, and its work that is to be done when there are requests.
  void start(const geometry& found, async::deferred& on_request) {
    found_ = found;
    on_request_ = &on_request;
  }

  // The driver: the oldest request that waits, or nullptr.
  request* next() { return pending_.pop_front(); }
  bool empty() const { return pending_.empty(); }

  // The handle: has a request done. However many are asked for in a turn, the device is told once.
  void submit(request& asked) {
    pending_.push_back(asked);
    async::defer(*on_request_);
  }

  const geometry& found() const { return found_; }

 private:
  geometry found_ = {};
  async::deferred* on_request_ = nullptr;
  list<request> pending_;
};

// The port of the disk that a node describes.
template <class Node>
constinit inline port port_of;

}  // namespace osier::storage
