// SPDX-License-Identifier: Apache-2.0
// Virtio network device (virtio 1.2, §5.1): one receive and one transmit queue.
//
// Doorbells, buffers for the device and buffers from it are settled once, when no task has work:
// however many frames a turn sends, it costs one exit each way.
#pragma once

#include <algorithm>
#include <span>

#include "async/event.hpp"
#include "async/executor.hpp"
#include "core/diagnostic.hpp"
#include "core/panic.hpp"
#include "irq/line.hpp"
#include "net/packet.hpp"
#include "net/pool.hpp"
#include "virtio/device.hpp"
#include "virtio/queue.hpp"

namespace osier::virtio_net {

inline constexpr u32 device_id = 1;      // §5.1.1
inline constexpr u32 receive_queue = 0;  // §5.1.2
inline constexpr u32 transmit_queue = 1;
inline constexpr virtio::features has_mac = virtio::features{1} << 5;  // §5.1.3
inline constexpr std::size_t config_mac = 0;                           // §5.1.4: six bytes
inline constexpr std::size_t config_end = 6;

// In front of each frame (§5.1.6, struct virtio_net_hdr): what the device is to do with it; all
// zero is nothing.
struct header {
  u8 flags;
  u8 segmentation;
  u16 header_length;
  u16 segment_size;
  u16 checksum_start;
  u16 checksum_offset;
  u16 buffers;
};
static_assert(sizeof(header) == net::driver_headroom);

// `Node`: local_mac_address. `Transport`: virtio::mmio_transport of the slot, or a fake. `Config`:
// packet_buffers, the depth of both queues.
template <class Node, class Transport, class Config>
class driver : private async::deferred {
  static constexpr u16 depth = Config::packet_buffers;
  // A doorbell is not put off for longer than this many frames.
  static constexpr u16 transmit_batch = depth < 64 ? depth : 64;

 public:
  static consteval diagnostic check() { return Transport::check(config_end); }

  // The queues' memory. Needs no initial value.
  struct storage {
    virtio::queue<net::packet<net::packet_state::receiving>, depth> receiving;
    virtio::queue<net::packet<net::packet_state::sent>, depth> sending;
  };

  constexpr explicit driver(storage& memory)
      : deferred{[](deferred& self) {
          // SAFETY: only a driver is constructed with this function.
          static_cast<driver&>(self).settle();
        }},
        receiving_{memory.receiving},
        sending_{memory.sending} {}

  // Brings the device up and gives it buffers to receive into. Interrupts masked.
  void start(std::span<net::packet_buffer> buffers) {
    auto device = virtio::device<Transport, virtio::state::reset>::find(device_id)
                      .acknowledge()
                      .drive()
                      .template negotiate<virtio::version_1 | virtio::event_index | has_mac>();
    verify_address();
    device.set_queue(receive_queue, receiving_);
    device.set_queue(transmit_queue, sending_);
    begin(std::move(device).start(), buffers);
  }

  // Gives the frames that have arrived to `taker`, the oldest first, but not more than `most`. Task
  // context, as all that follows. Not inline: what calls it is a coroutine.
  template <class Taker>
  [[gnu::noinline]] void receive(std::size_t most, const Taker& taker) {
    auto& queue = receiving_;
    for (std::size_t left = std::min<std::size_t>(most, queue.completed()); left > 0; --left) {
      taker(queue.take(Node::path));
    }
  }

  // Waits for frames that have arrived, until those tasks have run that are ready now: what they
  // send goes with one doorbell. May end for nothing. One task waits.
  [[nodiscard("a wait has not begun until it is awaited: co_await it")]] auto arrival() {
    settle_later();
    event_.forget();  // what it told is looked at when the queues are settled
    return event_.wait();
  }

  // Sends a frame; see net::transmit(). Inline, as its one caller hands it a buffer in a register.
  [[gnu::always_inline]] void transmit(net::packet<net::packet_state::complete> frame) {
    frame.clear_header();  // no offload
    net::packet<net::packet_state::sent> handed_over = std::move(frame).hand_over();
    auto& queue = sending_;
    if (queue.full() || !backlog_.empty()) [[unlikely]] {
      return queue_up(*std::move(handed_over).release());
    }
    queue.post(std::move(handed_over));
    settle_later();
    if (queue.unpublished() == transmit_batch) [[unlikely]]
      ring_transmit();
  }

  // Has the queues settled when no task has work.
  void settle_later() { async::defer(*this); }

  // Sends what was handed over, polling until the device has done so: for the end of the image.
  void finish() {
    while (sending_.in_flight() > 0 || !backlog_.empty()) settle();
  }

  // The device has received or sent, or another on its line has. Interrupt context.
  void interrupt(irq::context context) {
    if (Transport::acknowledge_interrupt() != 0) event_.signal(context);
  }

 private:
  // Buffers are handed only to a device that is live.
  void begin(virtio::device<Transport, virtio::state::driver_ok> /*proof*/,
             std::span<net::packet_buffer> buffers) {
    const std::size_t count = std::min<std::size_t>(buffers.size(), depth);
    for (net::packet_buffer& each : buffers.first(count)) {
      receiving_.post(net::packet<net::packet_state::receiving>{each});
    }
    net::packets.start(buffers.subspan(count), *this);
    settle();
  }

  static void verify_address() {
    net::mac_address found;
    for (std::size_t i = 0; i < found.bytes.size(); ++i) {
      found.bytes[i] = Transport::template read_config<u8>(config_mac + i);
    }
    if (found != Node::local_mac_address) {
      panic_at(Node::path, "expected address {}, found {}", Node::local_mac_address, found);
    }
  }

  // For want of a place in the queue. What waits already goes first.
  [[gnu::cold, gnu::noinline]] void queue_up(net::packet_buffer& frame) {
    if (sending_.full()) take_back_sent();
    backlog_.push(frame);
    settle_later();
  }

  [[gnu::noinline]] void ring_transmit() {
    if (sending_.publish()) Transport::notify(transmit_queue);
  }

  // What was sent is received into next, unless somebody waits for a buffer or none is needed.
  void take_back_sent() {
    auto& sending = sending_;
    auto& receiving = receiving_;
    for (u32 left = sending.completed(); left > 0; --left) {
      net::packet<net::packet_state::sent> sent = sending.take(Node::path);
      if (receiving.full() || net::packets.is_short()) continue;  // dropped: freed
      receiving.post(std::move(sent).reuse());
    }
  }

  [[gnu::noinline]] void send_backlog() {
    while (!backlog_.empty() && !sending_.full()) {
      sending_.post(net::packet<net::packet_state::sent>::adopt(backlog_.pop(), 0));
    }
  }

  [[gnu::noinline]] void take_from_pool() {
    while (!receiving_.full() && net::packets.available() > 0) {
      receiving_.post(net::packets.take_to_receive());
    }
  }

  void settle() {
    // The answers to what has arrived meanwhile share the doorbell.
    if (receiving_.completed() != 0 && event_.waited_for()) {
      settle_later();
      return event_.raise();
    }
    net::packets.want(false);
    take_back_sent();
    if (!backlog_.empty()) [[unlikely]]
      send_backlog();
    ring_transmit();
    if (!receiving_.full() && net::packets.available() > 0) take_from_pool();
    if (receiving_.publish()) Transport::notify(receive_queue);
    net::packets.want(!receiving_.full());

    // Sent buffers are taken back at the next turn, unless somebody is short of them now.
    const bool short_of_buffers =
        receiving_.in_flight() < (depth + 1) / 2 || net::packets.is_short() || !backlog_.empty();
    if (short_of_buffers && sending_.in_flight() > 0 && !sending_.request_interrupt()) {
      settle_later();
    }
    if (!receiving_.request_interrupt()) event_.raise();
  }

  virtio::queue<net::packet<net::packet_state::receiving>, depth>& receiving_;
  virtio::queue<net::packet<net::packet_state::sent>, depth>& sending_;
  net::packet_queue backlog_;  // handed over, not yet in the queue
  async::event event_;
};

}  // namespace osier::virtio_net
