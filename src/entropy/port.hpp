// SPDX-License-Identifier: Apache-2.0
// The seam between an entropy source's handle and its driver: wishes on their way there, bytes on
// theirs back.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>

#include "async/executor.hpp"
#include "async/waiter.hpp"

namespace osier::entropy {

// Bytes that a coroutine waits for. Lies in its frame; destroying it ends the wait, for the device
// never writes here itself.
class request : public async::waiter {
 public:
  explicit request(std::span<std::byte> wanted) : missing_{wanted} {}

  std::size_t missing() const { return missing_.size(); }

  // Takes as many bytes from the front as it can use; returns how many.
  std::size_t take(std::span<const std::byte> bytes) {
    const std::size_t count = std::min(bytes.size(), missing_.size());
    std::memcpy(missing_.data(), bytes.data(), count);
    missing_ = missing_.subspan(count);
    return count;
  }

 private:
  std::span<std::byte> missing_;
};

// An entropy source as its handle and its driver see it. Task context.
class port {
 public:
  // The driver: its work that is to be done when there are requests.
  void start(async::deferred& on_request) { on_request_ = &on_request; }

  // The handle: waits for bytes. At least one must be missing.
  void submit(request& asked) {
    pending_.push_back(asked);
    async::defer(*on_request_);
  }

  // The driver: how many bytes the oldest request waits for; 0 where there is none.
  std::size_t wanted() {
    request* oldest = pending_.front();
    return oldest != nullptr ? oldest->missing() : 0;
  }

  // The driver: hands out bytes, first come, first served. Each byte is given once; what nobody
  // waits for any more is dropped.
  void deliver(std::span<const std::byte> bytes) {
    while (!bytes.empty() && !pending_.empty()) {
      request& oldest = *pending_.front();
      bytes = bytes.subspan(oldest.take(bytes));
      if (oldest.missing() > 0) return;
      pending_.pop_front();
      async::make_ready(oldest);
    }
  }

 private:
  async::deferred* on_request_ = nullptr;
  list<request> pending_;
};

// The port of the source that a node describes.
template <class Node>
constinit inline port port_of;

}  // namespace osier::entropy
