// SPDX-License-Identifier: Apache-2.0
// A received Ethernet frame whose header is whole.
#pragma once

#include <expected>

#include "net/counters.hpp"
#include "net/header.hpp"

namespace osier::net {

// Only parse_ethernet() makes one.
class ethernet_view : public header_view<ethernet_header> {
 public:
  ether_type type() const { return static_cast<ether_type>(u16{header().type}); }

 private:
  friend std::expected<ethernet_view, drop> parse_ethernet(std::span<const std::byte> frame);
  using header_view::header_view;
};

// Checks that a frame is long enough for its header: packet<received>::frame().
inline std::expected<ethernet_view, drop> parse_ethernet(std::span<const std::byte> frame) {
  const auto* header = whole_header<ethernet_header>(frame);
  if (header == nullptr) return std::unexpected{drop::too_short};
  return ethernet_view{*header, frame.subspan(sizeof *header)};
}

}  // namespace osier::net
