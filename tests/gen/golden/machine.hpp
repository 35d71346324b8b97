// SPDX-License-Identifier: Apache-2.0
// Generated from tests/gen/board.dts and tests/gen/pair/app.dtsi. Edit those instead.
//
//   irq  node                          driver                       role
//     -  /soc/intc@0                   gic v2                       interrupt controller
//    27  /timer                        arm timer                    timer
//    33  /soc/serial@1000000           pl011                        console
//    48  /soc/virtio_mmio@2000000/net  virtio-net over virtio-mmio  net0
#pragma once

#include <string_view>

#include "async/task.hpp"
#include "config.hpp"
#include "console/console.hpp"
#include "core/units.hpp"
#include "irq/line.hpp"
#include "mem/mmio.hpp"
#include "net/ethernet.hpp"
#include "net/ipv4.hpp"
#include "net/udp_socket.hpp"

namespace osier::machine {

// tests/gen/board.dts:53
struct soc_intc_0 {
  static constexpr std::string_view path = "/soc/intc@0";
  static constexpr std::string_view origin = "tests/gen/board.dts:53";
  static constexpr mmio::region reg = {.base = 0x0800'0000, .size = 0x1'0000};
  static constexpr mmio::region reg1 = {.base = 0x0801'0000, .size = 0x1'0000};
};

// tests/gen/board.dts:41
struct timer {
  static constexpr std::string_view path = "/timer";
  static constexpr std::string_view origin = "tests/gen/board.dts:41";
  static constexpr irq::line irq = {.number = 27, .trigger = irq::level_high};
  static constexpr hertz clock = 1'000'000_Hz;
};

// tests/gen/board.dts:60
struct soc_serial_1000000 {
  static constexpr std::string_view path = "/soc/serial@1000000";
  static constexpr std::string_view origin = "tests/gen/board.dts:60";
  static constexpr mmio::region reg = {.base = 0x0900'0000, .size = 0x1000};
  static constexpr irq::line irq = {.number = 33, .trigger = irq::level_high};
  static constexpr hertz clock = 48'000'000_Hz;
  static constexpr u32 current_speed = 9600;
  static constexpr u32 arm_primecell_periphid = 0;
};

// tests/gen/board.dts:69
struct soc_virtio_mmio_2000000 {
  static constexpr std::string_view path = "/soc/virtio_mmio@2000000";
  static constexpr std::string_view origin = "tests/gen/board.dts:69";
  static constexpr mmio::region reg = {.base = 0x0a00'0000, .size = 0x200};
  static constexpr irq::line irq = {.number = 48, .trigger = irq::edge_rising};
};

// tests/gen/board.dts:75
struct soc_virtio_mmio_2000000_net {
  static constexpr std::string_view path = "/soc/virtio_mmio@2000000/net";
  static constexpr std::string_view origin = "tests/gen/board.dts:75";
  static constexpr net::mac_address local_mac_address = {{0x52, 0x54, 0x00, 0x00, 0x00, 0x01}};
  static constexpr u16 queue_size = 512;
};

// tests/gen/pair/app.dtsi:13
struct net_config {
  static constexpr std::string_view path = "/app/net";
  static constexpr std::string_view origin = "tests/gen/pair/app.dtsi:13";
  static constexpr net::mac_address mac = soc_virtio_mmio_2000000_net::local_mac_address;
  static constexpr net::ipv4_address address = {192, 168, 7, 2};
  static constexpr u8 prefix_length = 29;
  static constexpr net::ipv4_address gateway = {0, 0, 0, 0};  // 0.0.0.0: none
  static constexpr std::size_t packet_buffers = 4;
  static constexpr std::size_t transmit_buffers = 2;
};

// tests/gen/pair/app.dtsi:18
struct default_ {
  static constexpr std::string_view path = "/app/net/default";
  static constexpr std::string_view origin = "tests/gen/pair/app.dtsi:18";
  static constexpr u16 port = 1;
};

// tests/gen/pair/app.dtsi:23
struct two_words {
  static constexpr std::string_view path = "/app/net/two-words";
  static constexpr std::string_view origin = "tests/gen/pair/app.dtsi:23";
  static constexpr u16 port = 2;
};

// What app_main is given: handles onto the drivers and sockets of this image.
using console = osier::console::handle;
using default_socket = net::udp_socket<net_config, default_>;
using two_words_socket = net::udp_socket<net_config, two_words>;

}  // namespace osier::machine

using namespace osier;  // an app speaks Osier's vocabulary without a prefix

// The application: tests/gen/pair/main.cpp. When it ends, the machine ends with status 0.
task<> app_main(machine::console console,
                machine::default_socket default_,
                machine::two_words_socket two_words);
