// SPDX-License-Identifier: Apache-2.0
// Virtio entropy device (virtio 1.2, §5.4): random bytes from one virtqueue.
//
// The device writes into a buffer of the driver's own, and is asked for no more bytes than a task
// waits for. So a task that stops waiting leaves nothing behind that the device could write to.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "arch.hpp"
#include "async/executor.hpp"
#include "async/reaction.hpp"
#include "core/diagnostic.hpp"
#include "core/panic.hpp"
#include "entropy/port.hpp"
#include "irq/line.hpp"
#include "virtio/device.hpp"
#include "virtio/queue.hpp"

namespace osier::virtio_rng {

inline constexpr u32 device_id = 4;      // §5.4.1
inline constexpr u32 request_queue = 0;  // §5.4.2

// What the device fills.
struct buffer {
  std::array<std::byte, 256> bytes;
  u32 asked;    // bytes that the device may write
  u32 written;  // bytes that it says it has written
};

// The handle of the buffer on its way to the device.
class [[clang::consumable(unconsumed)]] asked_buffer {
 public:
  using raw = buffer;
  static constexpr bool device_writes = true;
  static constexpr u32 capacity = sizeof(buffer::bytes);

  [[clang::return_typestate(unconsumed)]] asked_buffer(buffer& idle, std::size_t wanted)
      : buffer_{&idle} {
    idle.asked = static_cast<u32>(std::min<std::size_t>(wanted, capacity));
  }
  asked_buffer(asked_buffer&&) = default;
  [[clang::callable_when("consumed")]] ~asked_buffer() {}

  [[clang::callable_when("unconsumed")]] arch::phys_addr address() const {
    // SAFETY: memory is identity mapped, so an object's address is what the device uses.
    return reinterpret_cast<arch::phys_addr>(buffer_->bytes.data());
  }
  [[clang::callable_when("unconsumed")]] u32 length() const { return buffer_->asked; }
  [[clang::callable_when("unconsumed"), clang::set_typestate(consumed)]] raw* release() && {
    return buffer_;
  }
  // The device is done with it.
  static buffer& adopt(raw* completed, u32 written) {
    completed->written = written;
    return *completed;
  }

 private:
  buffer* buffer_;
};

// `Node`: path. `Transport`: virtio::mmio_transport of the slot, or a fake.
template <class Node, class Transport>
class driver : private async::deferred, private async::reaction {
  using queue = virtio::queue<asked_buffer, 1>;

 public:
  static consteval diagnostic check() { return Transport::check(0); }

  // The queue's memory and the buffer. Needs no initial value.
  struct storage {
    driver::queue queue;
    virtio_rng::buffer buffer;
  };

  constexpr explicit driver(storage& memory)
      : deferred{[](deferred& self) {
          // SAFETY: only a driver is constructed with this function.
          static_cast<driver&>(self).ask();
        }},
        reaction{[](reaction& self) {
          // SAFETY: as above.
          static_cast<driver&>(self).take_answers();
        }},
        memory_{memory} {}

  // Brings the device up. Interrupts masked.
  void start() {
    auto device = virtio::device<Transport, virtio::state::reset>::find(device_id)
                      .acknowledge()
                      .drive()
                      .template negotiate<virtio::version_1 | virtio::event_index>();
    device.set_queue(request_queue, memory_.queue);
    port().start(*this);
    begin(std::move(device).start());
  }

  // The device has filled the buffer, or another on its line has done something. Interrupt context.
  void interrupt(irq::context context) {
    if (Transport::acknowledge_interrupt() != 0) signal(context);
  }

 private:
  static entropy::port& port() { return entropy::port_of<Node>; }

  // The buffer is handed only to a device that is live; its first answer interrupts.
  void begin(virtio::device<Transport, virtio::state::driver_ok> /*proof*/) { take_answers(); }

  // Hands the device's bytes to who waits for them, and has the next ones interrupt.
  void take_answers() {
    do {
      while (memory_.queue.completed() != 0) take_bytes();
    } while (!memory_.queue.request_interrupt());
  }

  // Asks the device for what the oldest request waits for, unless it is at work.
  void ask() {
    if (memory_.queue.full() || port().wanted() == 0) return;
    memory_.queue.post(asked_buffer{memory_.buffer, port().wanted()});
    if (memory_.queue.publish()) Transport::notify(request_queue);
  }

  void take_bytes() {
    const buffer& filled = memory_.queue.take(Node::path);
    // §5.4.6.2: one byte at least.
    if (filled.written == 0 || filled.written > filled.asked) {
      panic_at(Node::path, "expected 1 to {} random bytes, found {}", filled.asked, filled.written);
    }
    port().deliver(std::span{filled.bytes}.first(filled.written));
    async::defer(*this);
  }

  storage& memory_;
};

}  // namespace osier::virtio_rng
