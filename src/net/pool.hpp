// SPDX-License-Identifier: Apache-2.0
// The packet pool: every packet buffer of the image, and the tasks that wait for one.
#pragma once

#include <optional>
#include <span>

#include "async/executor.hpp"
#include "core/free_list.hpp"
#include "net/packet.hpp"

namespace osier::net {

// Task context only. Nothing but acquire() waits.
class packet_pool {
 public:
  // Gives the pool its buffers and the driver's work that is to be done when buffers are short: to
  // take back what was sent, and to give the device new ones. Once, at boot.
  void start(std::span<packet_buffer> storage, async::deferred& on_shortage) {
    on_shortage_ = &on_shortage;
    for (packet_buffer& buffer : storage) free_.push(buffer);
  }

  std::size_t available() const { return free_.size(); }

  // Whether somebody waits for a buffer, or asked in vain and none came back since.
  bool is_short() const { return asked_in_vain_ || !waiting_.empty(); }

  // A buffer for the device to receive into. available() must not be 0.
  packet<packet_state::receiving> take_to_receive() {
    return packet<packet_state::receiving>{free_.pop()};
  }

  // Whether to have the driver's work done when the next buffer comes back.
  void want(bool wanted) { wanted_ = wanted; }

  // A buffer to build a frame in, where one is free. Where none is, those that the device has sent
  // are fetched back: a later attempt finds them.
  std::optional<packet<packet_state::building>> try_acquire() {
    if (available() == 0) {
      asked_in_vain_ = true;
      async::defer(*on_shortage_);
      return std::nullopt;
    }
    return packet<packet_state::building>{free_.pop()};
  }

  // Waits for a buffer to build a frame in.
  [[nodiscard("a wait has not begun until it is awaited: co_await it")]] auto acquire() {
    struct awaiter : acquisition {
      packet_pool& pool;
      explicit awaiter(packet_pool& from) : pool{from} {}
      awaiter(awaiter&&) = default;
      ~awaiter() {
        // Handed a buffer, and abandoned before it ran.
        if (given != nullptr && linked()) pool.give_back(*given);
      }
      bool await_ready() const { return pool.available() > 0; }
      void await_suspend(std::coroutine_handle<> coroutine) {
        suspend(coroutine);
        pool.waiting_.push_back(*this);
        async::defer(*pool.on_shortage_);
      }
      packet<packet_state::building> await_resume() {
        return packet<packet_state::building>{given != nullptr ? *given : pool.free_.pop()};
      }
    };
    return awaiter{*this};
  }

  // Takes a buffer back: for the first who waits, else for the pool.
  void give_back(packet_buffer& buffer) {
    if (acquisition* first = waiting_.pop_front()) {
      first->given = &buffer;
      async::make_ready(*first);
      return;
    }
    free_.push(buffer);
    asked_in_vain_ = false;
    if (wanted_) {
      wanted_ = false;
      async::defer(*on_shortage_);
    }
  }

 private:
  // A task that waits, and the buffer that it is handed.
  struct acquisition : async::waiter {
    packet_buffer* given = nullptr;
  };

  free_list<packet_buffer> free_;
  bool wanted_ = false;
  bool asked_in_vain_ = false;
  async::deferred* on_shortage_ = nullptr;
  list<acquisition> waiting_;
};

// The image's pool.
inline constinit packet_pool packets;

// Not inline: it stands wherever a packet may be dropped, which is seldom what happens there.
[[gnu::noinline]] inline void packet_handle::give_back(packet_buffer& buffer) {
  packets.give_back(buffer);
}

}  // namespace osier::net
