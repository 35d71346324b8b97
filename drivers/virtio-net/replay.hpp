// SPDX-License-Identifier: Apache-2.0
// A network device in the image's own memory, behind the real driver and its virtqueues: it plays
// recorded frames and takes in their echoes, so that what an image does for a packet is the same at
// each run. For bench/target/replay.
//
// The device's work is done inside the driver's doorbell, on the image's only CPU. What is left out
// of an interrupt is the exception's entry and end: its handler is called with interrupts masked.
#pragma once

#include <algorithm>
#include <new>
#include <span>

#include "arch.hpp"
#include "async/executor.hpp"
#include "core/diagnostic.hpp"
#include "core/panic.hpp"
#include "irq/line.hpp"
#include "net/datagram.hpp"
#include "virtio-net/virtio_net.hpp"
#include "virtio/device_queue.hpp"

namespace osier::virtio_net::replay {

// The device. Task context throughout.
class device {
 public:
  // Sends a recorded request `requests` times, a batch at once and the next when each of it was
  // echoed; requests is a multiple of batch. A buffer's payload comes back as it was sent, so one
  // that has been through `fill` is given new headers alone; then each echo is compared, too.
  void play(std::span<const std::byte> request, u32 batch, u32 requests, bool fill) {
    request_ = request;
    std::ranges::copy(request.first(net::payload_offset), headers_.frame);
    batch_ = batch;
    left_ = requests;
    fill_ = fill;
    deliver();
  }

  // Who waits for the last echo.
  async::wait_list& finished() { return finished_; }
  u32 left() const { return left_; }

 private:
  template <class, class>
  friend class transport;
  using handler = void (*)(irq::context);

  // Not a part of the driver's code, as little as a device's own.
  [[gnu::noinline]] void notify(u32 index) {
    if (index != transmit_queue) return;
    while (sending_.has_buffer()) {
      const auto sent = sending_.take();
      if (sent.length == sizeof(header) + request_.size()) take_echo(sent.address);
      sending_.give(sent.id, 0);
    }
    sending_.request_doorbell();
    if (sending_.publish()) raise();
    if (due_ > 0 || left_ == 0) return;
    left_ -= batch_;
    if (left_ > 0) return deliver();
    while (async::waiter* waiting = finished_.pop_front()) async::make_ready(*waiting);
  }

  void deliver() {
    for (due_ = 0; due_ < batch_; ++due_) {
      if (!receiving_.has_buffer()) panic("replay: no buffer to receive into");
      const auto free = receiving_.take();
      write_request(buffer_at(free.address));
      receiving_.give(free.id, static_cast<u32>(sizeof(header) + request_.size()));
    }
    if (receiving_.publish()) raise();
  }

  void write_request(net::packet_buffer& buffer) {
    (::new (buffer.driver_header) header{})->buffers = 1;
    auto& ethernet = net::header_at<net::ethernet_header, 0>(buffer);
    const auto& asked = net::header_at<net::ethernet_header, 0>(headers_);
    ethernet.destination = asked.destination;
    ethernet.source = asked.source;
    ethernet.type = asked.type;
    copy_header<net::ipv4_header, net::ip_offset>(buffer);
    copy_header<net::udp_header, net::udp_offset>(buffer);
    if (fill_) std::ranges::copy(request_, buffer.frame);
  }

  template <class Header, std::size_t Offset>
  void copy_header(net::packet_buffer& to) {
    net::header_at<Header, Offset>(to) = net::header_at<Header, Offset>(headers_);
  }

  void take_echo(arch::phys_addr address) {
    if (due_ == 0) panic("replay: an echo of nothing");
    --due_;
    if (fill_) verify(buffer_at(address));
  }

  // The way back, and the same bytes.
  void verify(net::packet_buffer& echo) {
    const auto& ip = net::header_at<net::ipv4_header, net::ip_offset>(echo);
    const auto& asked = net::header_at<net::ipv4_header, net::ip_offset>(headers_);
    const auto& udp = net::header_at<net::udp_header, net::udp_offset>(echo);
    const auto& port = net::header_at<net::udp_header, net::udp_offset>(headers_);
    const auto payload =
        net::bytes_at<net::payload_offset>(echo, request_.size() - net::payload_offset);
    const bool same = ip.source == asked.destination && ip.destination == asked.source &&
                      u16{udp.source_port} == u16{port.destination_port} &&
                      u16{udp.destination_port} == u16{port.source_port} &&
                      udp.checksum == port.checksum &&
                      std::ranges::equal(payload, request_.subspan(net::payload_offset));
    if (!same) panic("replay: an echo differs from its request");
  }

  // The device interrupts.
  void raise() {
    interrupts_ = true;
    const arch::interrupts_masked masked;
    handler_(irq::context{masked});
  }

  static net::packet_buffer& buffer_at(arch::phys_addr address) {
    // SAFETY: a packet is handed over by the address of its driver header, and identity mapped.
    return *reinterpret_cast<net::packet_buffer*>(address -
                                                  offsetof(net::packet_buffer, driver_header));
  }

  virtio::device_queue receiving_;
  virtio::device_queue sending_;
  // HOLDS: a function that is given a context, not a context.
  handler handler_ = nullptr;
  bool interrupts_ = false;
  u32 status_ = 0;
  std::span<const std::byte> request_;
  net::packet_buffer headers_ = {};  // the request's, where they lie in a buffer
  bool fill_ = false;
  u32 batch_ = 0;
  u32 due_ = 0;   // of this batch
  u32 left_ = 0;  // requests of which no echo has come, in whole batches
  async::wait_list finished_;
};

// What the app plays, and what it does with the figures: a task of the image. Defined by the app.
task<> perform(device& what);

// What virtio::mmio_transport is to a slot. `Driver` handles the interrupts of its one object.
template <class Node, class Driver>
class transport {
 public:
  using node = Node;
  static constexpr diagnostic check(std::size_t /*config_size*/) { return {}; }

  static void verify(u32 /*expected_id*/) {}
  static u32 get_status() { return instance.status_; }
  static void set_status(u32 value) { instance.status_ = value; }
  static virtio::features offered() { return virtio::version_1 | virtio::event_index | has_mac; }
  static void accept(virtio::features /*chosen*/) {}
  static void set_queue(u32 index, u32 entries, arch::phys_addr descriptors,
                        arch::phys_addr driver_area, arch::phys_addr device_area) {
    (index == transmit_queue ? instance.sending_ : instance.receiving_)
        .attach(entries, descriptors, driver_area, device_area);
  }
  static void notify(u32 index) { instance.notify(index); }
  static u32 acknowledge_interrupt() { return std::exchange(instance.interrupts_, false) ? 1 : 0; }
  template <class T>
  static T read_config(std::size_t at) {
    return Node::local_mac_address.bytes[at - config_mac];
  }

  // Where interrupts go.
  static device& connect(Driver& to) {
    owner = &to;
    instance.handler_ = [](irq::context context) { owner->interrupt(context); };
    return instance;
  }

 private:
  static inline constinit device instance;
  static inline constinit Driver* owner = nullptr;
};

// The network driver over that device. `Node`, `Config`: as virtio_net::driver's.
template <class Node, class Config>
class driver : public virtio_net::driver<Node, transport<Node, driver<Node, Config>>, Config> {
  using wire = transport<Node, driver>;
  using base = virtio_net::driver<Node, wire, Config>;

 public:
  using base::base;

  void start(std::span<net::packet_buffer> buffers) {
    wire::connect(*this);
    base::start(buffers);
  }

  // Performs what the app plays.
  task<> serve() { return perform(wire::connect(*this)); }
};

}  // namespace osier::virtio_net::replay
