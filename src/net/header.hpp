// SPDX-License-Identifier: Apache-2.0
// Headers in a frame: one that arrived is read behind a check of its length, one of ours has a
// place that is known when it is compiled. Nothing else in net/ casts bytes or counts along a
// pointer.
#pragma once

#include <bit>
#include <span>

#include "net/ethernet.hpp"
#include "net/packet.hpp"

namespace osier::net {

// The header that received bytes begin with; nullptr where they end before it does. They lie as in
// a packet_buffer, so that it is aligned.
template <class Header>
const Header* whole_header(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(Header)) return nullptr;
  // SAFETY: the size was checked, the caller guarantees the alignment.
  return reinterpret_cast<const Header*>(bytes.data());
}

// A header that has passed the checks of its protocol, and what follows it; both lie in the frame
// and are valid while its packet is. Each protocol has a view, which only its parse function makes.
template <class Header>
class header_view {
 public:
  const Header& header() const { return *header_; }
  std::span<const std::byte> payload() const { return payload_; }

 protected:
  header_view(const Header& header, std::span<const std::byte> payload)
      : header_{&header}, payload_{payload} {}

  // Bytes of the header, the first the lowest. It begins `Skew` bytes behind a multiple of 16.
  template <class T, std::size_t Offset, std::size_t Skew>
  T aligned_word() const {
    static_assert(std::endian::native == std::endian::little);
    static_assert((Skew + Offset) % alignof(T) == 0 && Offset + sizeof(T) <= sizeof(Header));
    // SAFETY: the header is whole, and the place aligned.
    return *reinterpret_cast<const T*>(reinterpret_cast<const std::byte*>(header_) + Offset);
  }

 private:
  const Header* header_;
  std::span<const std::byte> payload_;
};

// The place of a header, or of a word of one, in a frame of ours, in bytes from the frame's start.
template <class Header, std::size_t Offset>
  requires(Offset + sizeof(Header) <= frame_limit)
Header& header_at(packet_buffer& buffer) {
  static_assert((frame_skew + Offset) % alignof(Header) == 0);
  // SAFETY: the buffer holds the header whole, and aligned.
  return *reinterpret_cast<Header*>(buffer.frame + Offset);
}

template <class Header, std::size_t Offset>
  requires(Offset + sizeof(Header) > frame_limit)
Header& header_at(packet_buffer& buffer) = delete("the header does not fit into a frame");

// The bytes of a frame from a place on. `length` must end within the frame.
template <std::size_t Offset>
std::span<std::byte> bytes_at(packet_buffer& buffer, std::size_t length) {
  static_assert(Offset < frame_limit);
  return {buffer.frame + Offset, length};
}

}  // namespace osier::net
