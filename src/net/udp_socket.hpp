// SPDX-License-Identifier: Apache-2.0
// A UDP socket: a node of the devicetree, a queue of received datagrams, and the handle that the
// app receives and sends by.
#pragma once

#include <expected>

#include "async/executor.hpp"
#include "net/arp.hpp"
#include "net/counters.hpp"
#include "net/datagram.hpp"
#include "net/link.hpp"
#include "net/pool.hpp"

namespace osier::net {

// What the stack keeps for a socket.
class socket_queue {
 public:
  // How many datagrams may wait for the app; the stack sets it before the first arrives.
  void set_limit(std::size_t limit) { limit_ = limit; }

  // A task that waits, and the datagram that it is handed.
  struct receiver : async::waiter {
    packet_buffer* given = nullptr;
  };

  // Hands a datagram whose checks have passed to the first who waits, else queues it. False where
  // the queue is full.
  bool push(packet<packet_state::received> arrived, std::size_t payload) {
    if (length_ == limit_) return false;
    packet_buffer& buffer = *std::move(arrived).release();
    buffer.payload = static_cast<u16>(payload);
    if (receiver* first = receivers_.pop_front()) {
      first->given = &buffer;
      async::make_ready(*first);
    } else {
      ++length_;
      datagrams_.push(buffer);
    }
    return true;
  }

  bool empty() const { return datagrams_.empty(); }
  packet_buffer& pop() {
    --length_;
    return *datagrams_.pop();
  }
  list<receiver>& receivers() { return receivers_; }

 private:
  packet_queue datagrams_;
  std::size_t length_ = 0;
  std::size_t limit_ = 0;
  list<receiver> receivers_;
};

// The queue of the socket that a node describes.
template <class Node>
constinit inline socket_queue queue_of;

enum class send_error {
  no_route,   // another network, and no gateway
  no_answer,  // nobody answered for the address
};

// The app's handle on a socket. Move-only; given to app_main. Task context only.
// `Config`: mac, address, prefix_length, gateway of the interface. `Node`: port of the socket.
template <class Config, class Node>
class udp_socket {
 public:
  udp_socket() = default;
  udp_socket(udp_socket&&) = default;

  static constexpr u16 port = Node::port;
  static constexpr endpoint local = {Config::address, Node::port};
  // Whom the app's node names as its peer.
  static constexpr endpoint remote()
    requires requires { Node::remote; }
  {
    return Node::remote;
  }

  // Waits for a datagram, oldest first.
  auto receive() {
    struct awaiter : socket_queue::receiver {
      bool await_ready() const { return !queue_of<Node>.empty(); }
      void await_suspend(std::coroutine_handle<> coroutine) {
        suspend(coroutine);
        queue_of<Node>.receivers().push_back(*this);
      }
      datagram<packet_state::received> await_resume() {
        packet_buffer& buffer = given != nullptr ? *given : queue_of<Node>.pop();
        return datagram<packet_state::received>{buffer};
      }
    };
    return awaiter{};
  }
  void receive(irq::context) = delete("receive() waits, and an interrupt handler must not wait");

  // Sends an answer to where the question came from. Never suspends; awaited like every other
  // request.
  auto send([[clang::param_typestate(unconsumed)]] datagram<packet_state::building> answer) {
    packet_buffer& buffer = std::move(answer).release();
    auto& ethernet = header_at<ethernet_header>(buffer, 0);
    const ipv4_address destination = header_at<ipv4_header>(buffer, ip_offset).destination;
    complete(buffer, ethernet.destination, destination,
             header_at<udp_header>(buffer, udp_offset).destination_port);
    return std::suspend_never{};
  }

  // Waits for an empty datagram of ours to write.
  auto compose() {
    struct awaiter {
      decltype(packets.acquire()) buffer = packets.acquire();
      bool await_ready() const { return buffer.await_ready(); }
      void await_suspend(std::coroutine_handle<> coroutine) { buffer.await_suspend(coroutine); }
      datagram<packet_state::building> await_resume() {
        datagram<packet_state::building> made{*buffer.await_resume().release()};
        made.resize(0);
        return made;
      }
    };
    return awaiter{};
  }

  // Sends a datagram to anybody. Asks for the next hop's Ethernet address first where it is not
  // known: then it waits, at most arp_attempts times arp_patience.
  task<std::expected<void, send_error>> send_to(endpoint destination,
                                                datagram<packet_state::building> message) {
    const auto next_hop = route<Config>(destination.address);
    if (!next_hop) co_return std::unexpected{send_error::no_route};
    const std::optional<mac_address> neighbour = co_await resolve<Config>(*next_hop);
    if (!neighbour) co_return std::unexpected{send_error::no_answer};
    complete(std::move(message).release(), *neighbour, destination.address, destination.port);
    co_return {};
  }

 private:
  // Writes the headers around the payload and hands the frame to the driver.
  static void complete(packet_buffer& buffer, mac_address neighbour, ipv4_address address,
                       u16 remote_port) {
    const std::size_t udp_length = sizeof(udp_header) + buffer.payload;
    auto& ethernet = header_at<ethernet_header>(buffer, 0);
    auto& udp = header_at<udp_header>(buffer, udp_offset);
    ethernet.destination = neighbour;
    ethernet.source = Config::mac;
    ethernet.type = static_cast<u16>(ether_type::ipv4);
    header_at<ipv4_header>(buffer, ip_offset) =
        make_ipv4_header(Config::address, address, ip_protocol::udp, udp_length);
    udp.source_port = Node::port;
    udp.destination_port = remote_port;
    udp.length = static_cast<u16>(udp_length);
    if (!buffer.checksum_holds) {
      udp.checksum = 0;
      const u16 checksum = checksum_of(pseudo_header_sum(Config::address, address, udp.length) +
                                       sum({buffer.frame + udp_offset, udp_length}));
      udp.checksum = checksum != 0 ? checksum : u16{0xffff};  // 0 would say that there is none
    }
    packet<packet_state::building> frame{buffer};
    frame.set_length(udp_offset + udp_length);
    transmit(std::move(frame));
  }
};

}  // namespace osier::net
