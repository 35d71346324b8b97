// SPDX-License-Identifier: Apache-2.0
// UDP datagrams as an app holds them: received, to be read; or building, to be written and sent.
//
// clang's analysis does not follow a value through co_await: what an app receives is `unknown` to
// it until it is moved, so its operations refuse `consumed` alone.
#pragma once

#include <algorithm>
#include <span>
#include <utility>

#include "net/header.hpp"
#include "net/packet.hpp"
#include "net/udp.hpp"

namespace osier::net {

// Where the parts of a UDP frame lie, in bytes from its start.
inline constexpr std::size_t ip_offset = sizeof(ethernet_header);
inline constexpr std::size_t udp_offset = ip_offset + sizeof(ipv4_header);
inline constexpr std::size_t payload_offset = udp_offset + sizeof(udp_header);

template <packet_state State>
class datagram;

// On its way out: its payload is written by us, or left as it was received. One that is `answering`
// goes back to who asked, one that is `building` to whom send_to() names.
template <packet_state State>
  requires(State == packet_state::building || State == packet_state::answering)
class [[clang::consumable(unconsumed)]] datagram<State> : public packet_handle {
 public:
  datagram(datagram&&) = default;

  // The payload, to be written. The checksum is computed when it is sent.
  [[clang::callable_when("unconsumed", "unknown")]] std::span<std::byte> payload()
      [[clang::lifetimebound]] {
    checksum_is_void();
    return bytes_at<payload_offset>(buffer(), buffer().payload);
  }

  // Makes the payload longer or shorter. At most udp_payload_limit bytes; more is cut off.
  [[clang::callable_when("unconsumed", "unknown")]] void resize(std::size_t length) {
    buffer().payload = static_cast<u16>(std::min(length, udp_payload_limit));
    checksum_is_void();
  }

  // Replaces the payload, which is cut off as above.
  [[clang::callable_when("unconsumed", "unknown")]] void write(std::span<const std::byte> bytes) {
    resize(bytes.size());
    std::ranges::copy(bytes.first(buffer().payload), payload().begin());
  }

 private:
  template <packet_state>
  friend class datagram;
  template <class, class>
  friend class udp_socket;
  [[clang::return_typestate(unconsumed)]] explicit datagram(packet_buffer& buffer)
      : packet_handle{buffer} {}
  // It has to be computed anew.
  [[clang::callable_when("unconsumed", "unknown")]] void checksum_is_void() {
    buffer().checksum_holds = false;
  }
  // Gives the buffer up, to the socket that sends it.
  [[clang::callable_when("unconsumed", "unknown"), clang::set_typestate(consumed)]] packet_buffer&
  release() && {
    return *take();
  }
};

// From the wire, all its checks passed.
template <>
class [[clang::consumable(unconsumed)]] datagram<packet_state::received> : public packet_handle {
 public:
  datagram(datagram&&) = default;

  // The payload as it was received; valid while the datagram is.
  [[clang::callable_when("unconsumed", "unknown")]] std::span<const std::byte> payload() const
      [[clang::lifetimebound]] {
    return bytes_at<payload_offset>(buffer(), buffer().payload);
  }

  // Who sent it.
  [[clang::callable_when("unconsumed", "unknown")]] endpoint sender() const {
    return {header_at<ipv4_header, ip_offset>(buffer()).source,
            header_at<udp_header, udp_offset>(buffer()).source_port};
  }

  // Turns it into its own answer: back to the sender, the payload unchanged unless it is written.
  // No byte of the payload moves, and its checksum, which does not depend on the direction, stays.
  [[nodiscard, clang::callable_when("unconsumed", "unknown"), clang::set_typestate(consumed)]]
  datagram<packet_state::answering> reply() && {
    auto& ip = header_at<ipv4_header, ip_offset>(buffer());
    auto& udp = header_at<udp_header, udp_offset>(buffer());
    // The destination is what the source was, in two words.
    const u64 source = header_at<u64, offsetof(ethernet_header, source)>(buffer());
    header_at<u16, 0>(buffer()) = static_cast<u16>(source);
    header_at<u32, 2>(buffer()) = static_cast<u32>(source >> 16);
    std::swap(ip.source, ip.destination);
    std::swap(udp.source_port, udp.destination_port);
    buffer().checksum_holds = true;
    return datagram<packet_state::answering>{*take()};
  }

 private:
  template <class, class>
  friend class udp_socket;
  [[clang::return_typestate(unconsumed)]] explicit datagram(packet_buffer& buffer)
      : packet_handle{buffer} {}
};

}  // namespace osier::net
