// SPDX-License-Identifier: Apache-2.0
// A network device without a stack: the app sends and receives whole Ethernet frames.
#pragma once

#include <optional>

#include "boot/phase.hpp"
#include "net/counters.hpp"
#include "net/frame_service.hpp"
#include "net/link.hpp"
#include "net/pool.hpp"
#include "net/receive_queue.hpp"

namespace osier::net {

// Queues for the app all that arrives, whatever it is. `Node`: the device's.
template <class Node>
class raw_interface : public frame_service<raw_interface<Node>> {
 public:
  static std::suspend_never start(std::size_t batch) {
    queue_of<Node>.set_limit(batch);
    return {};
  }

  static void handle(packet<packet_state::received> frame) {
    statistics.count_received();
    if (!queue_of<Node>.push(std::move(frame))) statistics.count_drop(drop::queue_full);
  }
};

// The app's handle on the device. Move-only; given to app_main. Task context only.
template <class Node>
class raw_device {
 public:
  raw_device() = delete("app_main is given the device: take it as a parameter");
  explicit raw_device(const boot::phase<boot::entry>& /*only a boot gives it*/) {}
  raw_device(raw_device&&) = default;

  static constexpr mac_address address = Node::local_mac_address;

  // Waits for a frame, oldest first.
  [[nodiscard("a wait has not begun until it is awaited: co_await it")]] auto receive() {
    struct awaiter : reception<queue_of<Node>> {
      packet<packet_state::received> await_resume() {
        return packet<packet_state::received>::resume(this->take());
      }
    };
    return awaiter{};
  }
  void receive(irq::context) = delete("receive() waits, and an interrupt handler must not wait");

  // A frame that has arrived, oldest first; none where none has.
  std::optional<packet<packet_state::received>> try_receive() {
    if (queue_of<Node>.empty()) return std::nullopt;
    return packet<packet_state::received>::resume(queue_of<Node>.pop());
  }

  // Waits for a buffer to write a frame in.
  [[nodiscard("a wait has not begun until it is awaited: co_await it")]] auto compose() {
    return packets.acquire();
  }

  // The same, where one is free.
  std::optional<packet<packet_state::building>> try_compose() { return packets.try_acquire(); }

  // Sends a frame as it is, in order, its addresses included: 60 bytes or more. Never suspends;
  // awaited like every other request.
  [[nodiscard("co_await it, as every request")]] std::suspend_never send(
      [[clang::param_typestate(unconsumed)]] packet<packet_state::complete> frame) {
    transmit(std::move(frame));
    return {};
  }
  std::suspend_never send(packet<packet_state::building>) =
      delete("its length is not set: complete() it first");
};

}  // namespace osier::net
