// SPDX-License-Identifier: Apache-2.0
// A board as the generator would describe it, for the cases.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "async/task.hpp"
#include "boot/phase.hpp"
#include "config.hpp"
#include "irq/line.hpp"
#include "mem/mmio.hpp"
#include "net/link.hpp"
#include "net/udp_socket.hpp"
#include "virtio/device.hpp"
#include "virtio/mmio_transport.hpp"
#include "virtio/queue.hpp"

namespace osier::board {

struct uart {
  static constexpr std::string_view path = "/uart@1000";
  static constexpr std::string_view origin = "board.dts:10";
  static constexpr mmio::region reg = {.base = 0x1000, .size = 0x1000};
  static constexpr irq::line irq = {.number = 2, .trigger = irq::level_high};
  static constexpr hertz clock = 24'000'000_Hz;
  static constexpr u32 current_speed = 115'200;
  static constexpr u32 arm_primecell_periphid = 0;
};

struct intc {
  static constexpr std::string_view path = "/intc@2000";
  static constexpr std::string_view origin = "board.dts:20";
  static constexpr mmio::region reg = {.base = 0x2000, .size = 0x1'0000};
  static constexpr mmio::region reg1 = {.base = 0x2'0000, .size = 0x2'0000};
};

struct slot {
  static constexpr std::string_view path = "/virtio@3000";
  static constexpr std::string_view origin = "board.dts:30";
  static constexpr mmio::region reg = {.base = 0x3000, .size = 0x200};
};
using transport = virtio::mmio_transport<slot>;
using reset_device = virtio::device<transport, virtio::state::reset>;
using driven_device = virtio::device<transport, virtio::state::driver>;
using received_packets = virtio::queue<net::packet<net::packet_state::receiving>, 4>;
using sent_packets = virtio::queue<net::packet<net::packet_state::sent>, 4>;

struct net_config {
  static constexpr net::mac_address mac = {{2, 0, 0, 0, 0, 1}};
  static constexpr net::ipv4_address address = {10, 0, 2, 15};
  static constexpr u8 prefix_length = 24;
  static constexpr net::ipv4_address gateway = net::no_address;
};
struct echo {
  static constexpr u16 port = 7;
};
using echo_socket = net::udp_socket<net_config, echo>;

// Has a handler for line 2 alone.
inline constexpr irq::handler_table<4> handlers = [] {
  irq::handler_table<4> table = {};
  table[2] = [](irq::context) {};
  return table;
}();

struct controller {
  static void enable(irq::line);
};

}  // namespace osier::board

using namespace osier;
