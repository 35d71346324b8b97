// SPDX-License-Identifier: Apache-2.0
// What has arrived for one reader of the app, and the tasks that wait for more.
#pragma once

#include <coroutine>

#include "async/executor.hpp"
#include "net/packet.hpp"

namespace osier::net {

// Packets that passed their checks, oldest first. Each is promised to a task that waits, or free
// for the next that asks: so there are never fewer packets than tasks that were promised one. Task
// context.
class receive_queue {
 public:
  // A task that waits; `promised` once there is a packet for it.
  struct receiver : async::waiter {
    bool promised = false;
  };

  // How many packets may wait for the app; the stack sets it before the first arrives.
  void set_limit(std::size_t limit) { limit_ = limit; }

  // Queues a packet. False, and the packet is freed, where the queue is full.
  [[gnu::always_inline]] bool push(packet<packet_state::received> arrived) {
    if (free_ == limit_) return false;
    packets_.push(*std::move(arrived).release());
    offer();
    return true;
  }

  // Whether every packet is promised.
  bool empty() const { return free_ == 0; }

  // Takes the oldest packet; one must be free.
  packet_buffer& pop() {
    claim();
    return take();
  }

  // The two halves of pop(): only the second for who was promised a packet.
  void claim() { --free_; }
  packet_buffer& take() { return *packets_.pop(); }

  void wait(receiver& who) { receivers_.push_back(who); }

  // Promises a packet to the first who waits, else it is free: one that has arrived, or that was
  // promised to a task that did not live to take it.
  void offer() {
    if (receiver* first = receivers_.pop_front()) {
      first->promised = true;
      async::make_ready(*first);
    } else {
      ++free_;
    }
  }

 private:
  packet_queue packets_;
  std::size_t free_ = 0;  // packets that nobody was promised
  std::size_t limit_ = 0;
  list<receiver> receivers_;
};

// The queue of the socket or device that a node describes.
template <class Node>
constinit inline receive_queue queue_of;

// What waiting for a packet of `Queue` is made of: an awaiter derives from it and takes.
template <receive_queue& Queue>
class reception : receive_queue::receiver {
 public:
  reception() = default;
  reception(reception&&) = default;
  ~reception() {
    // Promised a packet, and abandoned before it ran.
    if (linked() && promised) Queue.offer();
  }

  bool await_ready() const {
    if (Queue.empty()) return false;
    Queue.claim();
    return true;
  }
  void await_suspend(std::coroutine_handle<> coroutine) {
    suspend(coroutine);
    Queue.wait(*this);
  }

 protected:
  packet_buffer& take() { return Queue.take(); }
};

}  // namespace osier::net
