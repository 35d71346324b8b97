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
    statistics.count_received();
    if (const auto done = take_ethernet(std::move(frame)); !done) {
      statistics.count_drop(done.error());
      log::debug("dropped a frame: {}", drop_names[static_cast<std::size_t>(done.error())]);
    }
  }

  // Takes in what this image sent to itself. Only what comes from the wire is asked where it comes
  // from.
  static void loop_back(packet<packet_state::received> frame) {
    statistics.count_received();
    const auto packet = parse_ipv4(frame.frame().subspan(sizeof(ethernet_header)));
    const auto done =
        packet ? take_packet(std::move(frame), *packet) : outcome{std::unexpected{packet.error()}};
    if (!done) statistics.count_drop(done.error());
  }

 private:
  using outcome = std::expected<void, drop>;
  using received = packet<packet_state::received>;

  static outcome take_ethernet(received frame) {
    const std::span<const std::byte> bytes = frame.frame();
    if (bytes.size() < sizeof(ethernet_header)) return std::unexpected{drop::too_short};
    // SAFETY: the size was checked; frames lie at even addresses.
    const auto& header = *reinterpret_cast<const ethernet_header*>(bytes.data());
    if (header.destination != Config::mac && header.destination != broadcast_mac) {
      return std::unexpected{drop::other_host};
    }
    // What is answered goes back to this address: it has to be that of one station.
    if (!header.source.is_station()) return std::unexpected{drop::bad_source};
    switch (static_cast<ether_type>(u16{header.type})) {
      case ether_type::ipv4: return take_ipv4(std::move(frame), bytes.subspan(sizeof header));
      case ether_type::arp: return take_arp(std::move(frame), bytes.subspan(sizeof header));
    }
    return std::unexpected{drop::other_protocol};
  }

  static outcome take_arp(received frame, std::span<const std::byte> bytes) {
    if (bytes.size() < sizeof(arp_message)) return std::unexpected{drop::too_short};
    // SAFETY: the size was checked; the message follows an aligned Ethernet header.
    const auto message = *reinterpret_cast<const arp_message*>(bytes.data());
    if (message.hardware != arp_ethernet ||
        message.protocol != static_cast<u16>(ether_type::ipv4) || message.hardware_length != 6 ||
        message.protocol_length != 4) {
      return std::unexpected{drop::bad_header};
    }
    const auto sender = std::bit_cast<ipv4_address>(message.sender_ip);
    const bool for_us = std::bit_cast<ipv4_address>(message.target_ip) == Config::address;
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

  static outcome take_ipv4(received frame, std::span<const std::byte> bytes) {
    const auto packet = parse_ipv4(bytes);
    if (!packet) return std::unexpected{packet.error()};
    if (packet->header().destination != Config::address) return std::unexpected{drop::other_host};
    if (!can_be_source(packet->header().source, Config::address, Config::prefix_length)) {
      return std::unexpected{drop::bad_source};
    }
    return take_packet(std::move(frame), *packet);
  }

  static outcome take_packet(received frame, const ipv4_view& packet) {
    switch (packet.header().protocol) {
      case ip_protocol::udp: return take_udp(std::move(frame), packet);
      case ip_protocol::icmp: return take_icmp(std::move(frame), packet);
    }
    return std::unexpected{drop::other_protocol};
  }

  static outcome take_icmp(received frame, const ipv4_view& packet) {
    if (const auto checked = check_echo_request(packet); !checked) return checked;
    const ipv4_address sender = packet.header().source;
    const std::size_t length = packet.payload().size();

    packet_buffer& buffer = *std::move(frame).release();
    auto& ethernet = header_at<ethernet_header>(buffer, 0);
    ethernet.destination = ethernet.source;
    ethernet.source = Config::mac;
    header_at<ipv4_header>(buffer, ip_offset) =
        make_ipv4_header(Config::address, sender, ip_protocol::icmp, length);
    make_echo_reply(header_at<icmp_header>(buffer, udp_offset));
    net::packet<packet_state::building> answer{buffer};
    answer.set_length(udp_offset + length);
    transmit(std::move(answer));
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
