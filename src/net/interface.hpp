// SPDX-License-Identifier: Apache-2.0
// The network stack of one interface: from a received frame to ARP, ICMP, or the socket it is for.
#pragma once

#include <expected>
#include <span>

#include "async/executor.hpp"
#include "console/log.hpp"
#include "net/arp.hpp"
#include "net/counters.hpp"
#include "net/datagram.hpp"
#include "net/frame_service.hpp"
#include "net/icmp.hpp"
#include "net/ipv4.hpp"
#include "net/udp.hpp"
#include "net/udp_socket.hpp"

namespace osier::net {

// A socket of the image, by its port.
struct bound_socket {
  u16 port;
  receive_queue* queue;
};

// `Config`: mac, address, prefix_length, gateway. `Sockets`: a constant array of bound_socket.
// Task context throughout.
template <class Config, const auto& Sockets>
class interface : public frame_service<interface<Config, Sockets>> {
 public:
  // Each socket's queue holds a batch of what the service takes.
  static task<> start(std::size_t batch) {
    for (const bound_socket& socket : Sockets) socket.queue->set_limit(batch);
    return announce<Config>();
  }

  // Does what a frame asks, or counts why it does not.
  static void handle(packet<packet_state::received> frame) {
    take_buffer(*std::move(frame).release());
  }

  // Takes in what this image sent to itself. Only what comes from the wire is asked where it comes
  // from.
  static void loop_back(packet<packet_state::received> frame) {
    statistics.count_received();
    const auto ethernet = parse_ethernet(frame.frame());
    const auto done = ethernet ? take_own(std::move(frame), *ethernet)
                               : outcome{std::unexpected{ethernet.error()}};
    if (!done) count_drop(done.error());
  }

 private:
  using outcome = std::expected<void, drop>;
  using received = packet<packet_state::received>;

  // Not inline: within the loop that calls it, compilers keep its constants in registers, and save
  // these around every call. With the buffer, as a handle would go through memory.
  [[gnu::noinline]] static void take_buffer(packet_buffer& arrived) {
    statistics.count_received();
    const auto done = take_ethernet(received::resume(arrived));
    if (!done) count_drop(done.error());
  }

  static void count_drop(drop why) {
    statistics.count_drop(why);
    log::debug("dropped a frame: {}", drop_names[static_cast<std::size_t>(why)]);
  }

  static outcome take_ethernet(received frame) {
    const auto ethernet = parse_ethernet(frame.frame());
    if (!ethernet) return std::unexpected{ethernet.error()};
    if (!ethernet->is_to(Config::mac)) [[unlikely]] {
      if (!ethernet->is_to(broadcast_mac)) return std::unexpected{drop::other_host};
    }
    // What is answered goes back to this address: it has to be that of one station.
    if (!ethernet->is_from_station()) return std::unexpected{drop::bad_source};
    if (ethernet->carries(ether_type::ipv4)) [[likely]]
      return take_ipv4(std::move(frame), *ethernet);
    if (ethernet->carries(ether_type::arp)) {
      return take_arp(*std::move(frame).release(), *ethernet);
    }
    return std::unexpected{drop::other_protocol};
  }

  // What is seldom is not inline, and given by value: on the way of UDP it takes no register.
  [[gnu::noinline]] static outcome take_arp(packet_buffer& arrived, ethernet_view ethernet) {
    received frame = received::resume(arrived);
    const auto arp = parse_arp(ethernet);
    if (!arp) return std::unexpected{arp.error()};
    const arp_message message = arp->header();  // the answer is written over it
    const ipv4_address sender = arp->sender();
    const bool for_us = arp->target() == Config::address;
    // A probe (RFC 5227) comes from no address; who claims ours is told by the answer that we have
    // it.
    const bool is_neighbour = can_be_source(sender, Config::address, Config::prefix_length);
    if (!message.sender_mac.is_station() ||
        (!is_neighbour && sender != no_address && sender != Config::address)) {
      return std::unexpected{drop::bad_source};
    }
    // RFC 826: news of a known neighbour always counts, a new one only when it talks to us.
    if (is_neighbour) {
      neighbours.learn(sender, message.sender_mac, for_us, platform::now());
    }
    if (for_us && message.operation == static_cast<u16>(arp_operation::request)) {
      send_arp(std::move(frame).rebuild(), arp_operation::reply, Config::mac, Config::address,
               message.sender_mac, sender);
    }
    return {};
  }

  static outcome take_ipv4(received frame, const ethernet_view& ethernet) {
    const auto packet = parse_ipv4(ethernet.payload());
    if (!packet) return std::unexpected{packet.error()};
    if (packet->header().destination != Config::address) return std::unexpected{drop::other_host};
    if (!can_be_source(packet->header().source, Config::address, Config::prefix_length)) {
      return std::unexpected{drop::bad_source};
    }
    return take_packet(std::move(frame), *packet);
  }

  static outcome take_own(received frame, const ethernet_view& ethernet) {
    const auto packet = parse_ipv4(ethernet.payload());
    if (!packet) return std::unexpected{packet.error()};
    return take_packet(std::move(frame), *packet);
  }

  static outcome take_packet(received frame, const ipv4_view& packet) {
    switch (packet.header().protocol) {
      case ip_protocol::udp: return take_udp(std::move(frame), packet);
      case ip_protocol::icmp: return take_icmp(*std::move(frame).release(), packet);
    }
    return std::unexpected{drop::other_protocol};
  }

  [[gnu::noinline]] static outcome take_icmp(packet_buffer& arrived, ipv4_view packet) {
    received frame = received::resume(arrived);
    if (const auto request = parse_echo_request(packet); !request) {
      return std::unexpected{request.error()};
    }
    const ipv4_address sender = packet.header().source;
    const std::size_t length = packet.payload().size();
    [[assume(length <= frame_limit - udp_offset)]];  // it lies in a frame

    packet_buffer& buffer = *std::move(frame).release();
    auto& ethernet = header_at<ethernet_header, 0>(buffer);
    ethernet.destination = ethernet.source;
    ethernet.source = Config::mac;
    header_at<ipv4_header, ip_offset>(buffer) =
        make_ipv4_header(Config::address, sender, ip_protocol::icmp, length);
    make_echo_reply(header_at<icmp_header, udp_offset>(buffer));
    transmit(net::packet<packet_state::building>{buffer}.complete(udp_offset + length));
    return {};
  }

  static outcome take_udp(received frame, const ipv4_view& packet) {
    const auto datagram = parse_udp(packet);
    if (!datagram) return std::unexpected{datagram.error()};
    const u16 port = datagram->header().destination_port;
    for (const bound_socket& socket : Sockets) {
      if (socket.port != port) continue;
      packet_buffer& buffer = *std::move(frame).release();
      buffer.payload = static_cast<u16>(datagram->payload().size());
      if (socket.queue->push(received::resume(buffer))) return {};
      return std::unexpected{drop::queue_full};
    }
    return std::unexpected{drop::no_socket};
  }
};

}  // namespace osier::net
