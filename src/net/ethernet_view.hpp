// SPDX-License-Identifier: Apache-2.0
// A received Ethernet frame whose header is whole.
#pragma once

#include <array>
#include <bit>
#include <expected>

#include "net/counters.hpp"
#include "net/header.hpp"

namespace osier::net {

// Only parse_ethernet() makes one. Every frame is asked whose it is, so it is read in the longest
// words that its place allows: source and type are one.
class ethernet_view : public header_view<ethernet_header> {
 public:
  bool is_to(const mac_address& station) const {
    const auto expected = std::bit_cast<std::array<u16, 3>>(station);
    return word<u16, 0>() == expected[0] &&
           word<u32, 2>() == (u32{expected[2]} << 16 | expected[1]);
  }

  // Whether its source is one station: neither a group nor nobody.
  bool is_from_station() const {
    const u64 address = word<u64, 6>() << 16;  // what remains of the type is shifted out
    return (address & 0x1'0000) == 0 && address != 0;
  }

  bool carries(ether_type what) const {
    return word<u64, 6>() >> 48 == be16{static_cast<u16>(what)}.wire();
  }

 private:
  friend std::expected<ethernet_view, drop> parse_ethernet(std::span<const std::byte> frame);
  using header_view::header_view;

  template <class T, std::size_t Offset>
  T word() const {
    return aligned_word<T, Offset, frame_skew>();
  }
};

// Checks that a frame is long enough for its header: packet<received>::frame().
inline std::expected<ethernet_view, drop> parse_ethernet(std::span<const std::byte> frame) {
  const auto* header = whole_header<ethernet_header>(frame);
  if (header == nullptr) return std::unexpected{drop::too_short};
  return ethernet_view{*header, frame.subspan(sizeof *header)};
}

}  // namespace osier::net
