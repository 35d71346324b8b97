// SPDX-License-Identifier: Apache-2.0
// The app's handle on a disk: sectors read and written through block buffers.
#pragma once

#include <expected>

#include "async/task.hpp"
#include "boot/phase.hpp"
#include "irq/line.hpp"
#include "storage/request.hpp"

namespace osier::storage {

// The answer to a read or write, and the buffer.
class [[nodiscard, clang::consumable(unconsumed)]] completed {
 public:
  [[clang::return_typestate(unconsumed)]] completed(std::expected<void, error> result, block& data)
      : result_{result}, buffer_{data} {}
  completed(completed&&) = default;

  [[clang::callable_when("unconsumed", "unknown")]] std::expected<void, error> result() const {
    return result_;
  }

  // The buffer, whatever the answer. What a failed read has left in it is of no meaning. It is
  // `unknown` to the analysis, like one that was awaited, so that a loop may carry it round.
  [[nodiscard, clang::callable_when("unconsumed", "unknown"), clang::set_typestate(consumed),
    clang::return_typestate(unknown)]]
  buffer take() && {
    return std::move(buffer_);
  }

 private:
  std::expected<void, error> result_;
  // HOLDS: an answer and its buffer are one owned value; take() consumes both.
  buffer buffer_;
};

// A request that is awaited; made by a disk.
class [[nodiscard]] pending_request {
 public:
  pending_request(port& to, operation what, u64 sector, u64 sectors, block* data)
      : port_{to}, request_{what, sector, sectors, data} {}

  // What the disk cannot do is answered without asking it.
  bool await_ready() {
    const geometry& disk = port_.found();
    const bool writes = request_.what == operation::write || request_.what == operation::discard;
    if (request_.sectors > disk.sectors || request_.sector > disk.sectors - request_.sectors) {
      request_.refuse(error::out_of_range);
    } else if (writes && disk.read_only) {
      request_.refuse(error::read_only);
    } else if (request_.what == operation::discard && disk.discard_limit == 0) {
      request_.refuse(error::unsupported);
    } else {
      // Where nothing is held back there is nothing to flush.
      return request_.what == operation::flush && !disk.write_back;
    }
    return true;
  }
  void await_suspend(std::coroutine_handle<> coroutine) {
    request_.suspend(coroutine);
    port_.submit(request_);
  }

 protected:
  request& request_made() { return request_; }

 private:
  port& port_;
  request request_;
};

// A read or write: gives the buffer back.
class transfer : public pending_request {
 public:
  using pending_request::pending_request;
  completed await_resume() { return {request_made().result(), *request_made().take_back()}; }
};

// A flush or discard: there is no buffer.
class command : public pending_request {
 public:
  using pending_request::pending_request;
  std::expected<void, error> await_resume() { return request_made().result(); }
};

// Move-only; given to app_main. Task context only. Requests of several tasks are in flight at the
// same time and may be answered in any order: what must come after a write waits for its answer.
template <class Node>
class disk {
 public:
  disk() = delete("app_main is given its disks: take it as a parameter");
  explicit disk(const boot::phase<boot::entry>& /*only a boot gives it*/) {}
  disk(disk&&) = default;

  static constexpr std::string_view path = Node::path;

  // What the device said at boot.
  static u64 size() { return sectors() * sector_size; }  // in bytes
  static u64 sectors() { return port_of<Node>.found().sectors; }
  static bool read_only() { return port_of<Node>.found().read_only; }
  static bool can_discard() { return port_of<Node>.found().discard_limit > 0; }

  // Waits for a buffer of the image's pool.
  [[nodiscard("a wait has not begun until it is awaited: co_await it")]] auto acquire() {
    return buffers.acquire();
  }

  // Reads into the part of the buffer that is in use, from a sector on. Errors: out_of_range, io.
  [[nodiscard("a wait has not begun until it is awaited: co_await it")]] transfer read(
      u64 sector, buffer into) {
    return start(operation::read, sector, std::move(into));
  }

  // Writes the part of the buffer that is in use. The answer does not say that it is durable: a
  // flush() after it does. Errors: out_of_range, read_only, io.
  [[nodiscard("a wait has not begun until it is awaited: co_await it")]] transfer write(
      u64 sector, buffer from) {
    return start(operation::write, sector, std::move(from));
  }

  // Waits until every write that was answered before is on the medium; where the device holds no
  // write back, that is so already. Error: io, after which some of them may be lost.
  [[nodiscard("a wait has not begun until it is awaited: co_await it")]] command flush() {
    return {port_of<Node>, operation::flush, 0, 0, nullptr};
  }

  // Tells the disk that what these sectors hold is not needed. Errors: out_of_range, read_only,
  // unsupported, io. Waits in a frame of its own.
  task<std::expected<void, error>> discard(u64 sector, u64 count) {
    const u64 limit = port_of<Node>.found().discard_limit;
    if (count > sectors() || sector > sectors() - count) {
      co_return std::unexpected{error::out_of_range};
    }
    do {
      const u64 part = limit > 0 ? std::min(count, limit) : count;
      const auto done = co_await command{port_of<Node>, operation::discard, sector, part, nullptr};
      if (!done) co_return done;
      sector += part;
      count -= part;
    } while (count > 0);
    co_return {};
  }

  void read(irq::context) = delete("read() waits, and an interrupt handler must not wait");
  void write(irq::context) = delete("write() waits, and an interrupt handler must not wait");

 private:
  static transfer start(operation what, u64 sector, buffer data) {
    const std::size_t sectors = data.sectors();
    return {port_of<Node>, what, sector, sectors, std::move(data).release()};
  }
};

}  // namespace osier::storage
