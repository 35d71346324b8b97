// SPDX-License-Identifier: Apache-2.0
// A UDP socket: a node of the devicetree, and the handle that the app receives and sends by.
#pragma once

#include <expected>
#include <optional>

#include "async/executor.hpp"
#include "boot/phase.hpp"
#include "net/arp.hpp"
#include "net/counters.hpp"
#include "net/datagram.hpp"
#include "net/link.hpp"
#include "net/pool.hpp"
#include "net/receive_queue.hpp"

namespace osier::net {

enum class send_error {
  no_route,   // another network, and no gateway
  no_answer,  // nobody answered for the address
};

// The app's handle on a socket. Move-only; given to app_main. Task context only.
// `Config`: mac, address, prefix_length, gateway of the interface. `Node`: port of the socket.
template <class Config, class Node>
class udp_socket {
 public:
  udp_socket() = delete("app_main is given its sockets: take it as a parameter");
  explicit udp_socket(const boot::phase<boot::entry>& /*only a boot gives it*/) {}
  udp_socket(udp_socket&&) = default;

  static constexpr u16 port = Node::port;
  static constexpr endpoint local = {Config::address, Node::port};
  // Whom the app's node names as its peer.
  static constexpr endpoint remote()
    requires requires { Node::remote; }
  {
    return Node::remote;
  }

  // Waits for a datagram, oldest first. Several tasks may: each datagram goes to one of them.
  [[nodiscard("a wait has not begun until it is awaited: co_await it")]] auto receive() {
    struct awaiter : reception<queue_of<Node>> {
      datagram<packet_state::received> await_resume() {
        return datagram<packet_state::received>{this->take()};
      }
    };
    return awaiter{};
  }
  void receive(irq::context) = delete("receive() waits, and an interrupt handler must not wait");

  // A datagram that has arrived, oldest first; none where none has.
  std::optional<datagram<packet_state::received>> try_receive() {
    if (queue_of<Node>.empty()) return std::nullopt;
    return datagram<packet_state::received>{queue_of<Node>.pop()};
  }

  // Sends an answer to where the question came from. Never suspends; awaited like every other
  // request.
  [[nodiscard("co_await it, as every request"), gnu::always_inline]] auto send(
      [[clang::param_typestate(unconsumed)]] datagram<packet_state::answering> answer) {
    packet_buffer& buffer = std::move(answer).release();
    const udp_header& udp = header_at<udp_header, udp_offset>(buffer);
    // What came in by another socket leaves from this one's port.
    if (!buffer.checksum_holds || udp.source_port != port) {
      write_udp(buffer, header_at<ipv4_header, ip_offset>(buffer).destination,
                udp.destination_port);
    }
    const ipv4_address destination = header_at<ipv4_header, ip_offset>(buffer).destination;
    if (destination == Config::address) [[unlikely]] {
      answer_ourselves(buffer);
      return std::suspend_never{};
    }
    transmit(complete(buffer, destination));
    return std::suspend_never{};
  }

  std::suspend_never send(datagram<packet_state::building>) =
      delete("a message of our own has no sender to go back to: send_to() names whom it is for");

  // Waits for an empty datagram of ours to write.
  [[nodiscard("a wait has not begun until it is awaited: co_await it")]] auto compose() {
    struct awaiter {
      decltype(packets.acquire()) buffer = packets.acquire();
      bool await_ready() const { return buffer.await_ready(); }
      void await_suspend(std::coroutine_handle<> coroutine) { buffer.await_suspend(coroutine); }
      datagram<packet_state::building> await_resume() { return empty(buffer.await_resume()); }
    };
    return awaiter{};
  }

  // An empty datagram of ours to write, where a buffer is free.
  std::optional<datagram<packet_state::building>> try_compose() {
    auto buffer = packets.try_acquire();
    if (!buffer) return std::nullopt;
    return empty(*std::move(buffer));
  }

  // Sends a datagram to anybody. One to our own address does not leave the image. Asks for the next
  // hop's Ethernet address first where it is not known: then it waits, at most arp_attempts times
  // arp_patience.
  template <packet_state State>
  task<std::expected<void, send_error>> send_to(endpoint destination, datagram<State> message) {
    message.checksum_is_void();  // that of an answer holds for the way back alone
    if (destination.address == Config::address) {
      loop_back(address(std::move(message).release(), Config::mac, destination));
      co_return {};
    }
    const auto next_hop = route<Config>(destination.address);
    if (!next_hop) co_return std::unexpected{send_error::no_route};
    const std::optional<mac_address> neighbour = co_await resolve<Config>(*next_hop);
    if (!neighbour) co_return std::unexpected{send_error::no_answer};
    transmit(address(std::move(message).release(), *neighbour, destination));
    co_return {};
  }

 private:
  static datagram<packet_state::building> empty(packet<packet_state::building> buffer) {
    datagram<packet_state::building> made{*std::move(buffer).release()};
    made.resize(0);
    return made;
  }

  // Of a datagram that this image has sent to itself.
  [[gnu::cold, gnu::noinline]] static void answer_ourselves(packet_buffer& buffer) {
    loop_back(complete(buffer, Config::address));
  }

  // Writes all headers of a message to anybody.
  static packet<packet_state::complete> address(packet_buffer& buffer, mac_address neighbour,
                                                endpoint destination) {
    header_at<ethernet_header, 0>(buffer).destination = neighbour;
    write_udp(buffer, destination.address, destination.port);
    return complete(buffer, destination.address);
  }

  // Writes the UDP header, and the checksum of what was written.
  [[gnu::noinline]] static void write_udp(packet_buffer& buffer, ipv4_address address,
                                          u16 remote_port) {
    const std::size_t length = udp_length(buffer);
    auto& udp = header_at<udp_header, udp_offset>(buffer);
    udp = {.source_port = Node::port,
           .destination_port = remote_port,
           .length = static_cast<u16>(length),
           .checksum = 0};
    const u16 checksum = checksum_of(pseudo_header_sum(Config::address, address, udp.length) +
                                     sum(bytes_at<udp_offset>(buffer, length)));
    udp.checksum = checksum != 0 ? checksum : u16{0xffff};  // 0 would say that there is none
  }

  // Writes what is left: the headers in front of UDP's, but for the Ethernet address that it is
  // for.
  [[gnu::always_inline]] static packet<packet_state::complete> complete(packet_buffer& buffer,
                                                                        ipv4_address address) {
    header_at<u64, offsetof(ethernet_header, source)>(buffer) =
        source_and_type(Config::mac, ether_type::ipv4);
    header_at<ipv4_header, ip_offset>(buffer) =
        make_ipv4_header(Config::address, address, ip_protocol::udp, udp_length(buffer));
    return packet<packet_state::building>{buffer}.complete(udp_offset + udp_length(buffer));
  }

  static std::size_t udp_length(const packet_buffer& buffer) {
    [[assume(buffer.payload <= udp_payload_limit)]];  // parse_udp() and resize() see to it
    return sizeof(udp_header) + buffer.payload;
  }
};

}  // namespace osier::net
