// SPDX-License-Identifier: Apache-2.0
// Generated from tests/gen/board.dts and tests/gen/pair/app.dtsi. Edit those instead.
// Every node and property of the tree, for an app that includes this file.
#pragma once

#include "core/tree.hpp"
#include "machine.hpp"

namespace osier::machine {

inline constexpr std::string_view image_name = "pair on board";

// The /memreserve/ statements.
inline constexpr std::initializer_list<tree::block> reservations = {
    {.base = 0x40000000, .size = 0x100000},
};

inline constexpr tree::node nodes[] = {
    {.depth = 0, .name = "/", .origin = "tests/gen/board.dts:8",
     .properties = {
         {"#address-cells", "<0x1>"},
         {"#size-cells", "<0x1>"},
         {"interrupt-parent", "<0x1>"},
     }},
    {.depth = 1, .name = "machine", .origin = "tests/gen/board.dts:13",
     .properties = {
         {"compatible", "\"osier,machine\""},
         {"architecture", "\"arm64\""},
     }},
    {.depth = 2, .name = "qemu", .origin = "tests/gen/board.dts:17",
     .properties = {
         {"system", "\"qemu-system-aarch64\""},
         {"machine", "\"virt-7.2,gic-version=2\""},
         {"cpu", "\"cortex-a57\""},
     }},
    {.depth = 1, .name = "aliases", .origin = "tests/gen/board.dts:24",
     .properties = {
         {"console", "\"/soc/serial@1000000\""},
         {"timer", "\"/timer\""},
         {"net0", "\"/soc/virtio_mmio@2000000/net\""},
     }},
    {.depth = 1, .name = "memory@40000000", .origin = "tests/gen/board.dts:30",
     .properties = {
         {"device_type", "\"memory\""},
         {"reg", "<0x40000000 0x400000 0x60000000 0x800000>"},
     }},
    {.depth = 1, .name = "clock", .origin = "tests/gen/board.dts:35",
     .properties = {
         {"compatible", "\"fixed-clock\""},
         {"#clock-cells", "<0x0>"},
         {"clock-frequency", "<0x2dc6c00>"},
         {"phandle", "<0x2>"},
     }},
    {.depth = 1, .name = "timer", .origin = "tests/gen/board.dts:41",
     .claim = {.driver = "arm timer", .role = "timer",
               .interrupt = timer::irq.number, .by_message = false,
               .registers = {}},
     .properties = {
         {"compatible", "\"arm,armv8-timer\""},
         {"interrupts", "<0x1 0xd 0x104 0x1 0xe 0x104 0x1 0xb 0x104>"},
         {"clock-frequency", "<0xf4240>"},
     }},
    {.depth = 1, .name = "soc", .origin = "tests/gen/board.dts:47",
     .properties = {
         {"compatible", "\"simple-bus\""},
         {"#address-cells", "<0x1>"},
         {"#size-cells", "<0x1>"},
         {"ranges", "<0x0 0x8000000 0x4000000>"},
     }},
    {.depth = 2, .name = "intc@0", .origin = "tests/gen/board.dts:53",
     .claim = {.driver = "gic v2", .role = "interrupt controller",
               .interrupt = std::nullopt, .by_message = false,
               .registers = {{soc_intc_0::reg.base, soc_intc_0::reg.size}, {soc_intc_0::reg1.base, soc_intc_0::reg1.size}}},
     .properties = {
         {"compatible", "\"arm,gic-400\""},
         {"reg", "<0x0 0x10000 0x10000 0x10000>"},
         {"interrupt-controller", ""},
         {"#interrupt-cells", "<0x3>"},
         {"phandle", "<0x1>"},
     }},
    {.depth = 2, .name = "serial@1000000", .origin = "tests/gen/board.dts:60",
     .claim = {.driver = "pl011", .role = "console",
               .interrupt = soc_serial_1000000::irq.number, .by_message = false,
               .registers = {{soc_serial_1000000::reg.base, soc_serial_1000000::reg.size}}},
     .properties = {
         {"compatible", "\"arm,pl011\", \"arm,primecell\""},
         {"reg", "<0x1000000 0x1000>"},
         {"interrupts", "<0x0 0x1 0x4>"},
         {"clocks", "<0x2>"},
         {"clock-names", "\"uartclk\""},
         {"current-speed", "<0x2580>"},
     }},
    {.depth = 2, .name = "virtio_mmio@2000000", .origin = "tests/gen/board.dts:69",
     .claim = {.driver = "virtio-mmio", .role = "",
               .interrupt = std::nullopt, .by_message = false,
               .registers = {{soc_virtio_mmio_2000000::reg.base, soc_virtio_mmio_2000000::reg.size}}},
     .properties = {
         {"compatible", "\"virtio,mmio\""},
         {"reg", "<0x2000000 0x200>"},
         {"interrupts", "<0x0 0x10 0x1>"},
         {"qemu,bus", "\"virtio-mmio-bus.0\""},
     }},
    {.depth = 3, .name = "net", .origin = "tests/gen/board.dts:75",
     .claim = {.driver = "virtio-net over virtio-mmio", .role = "net0",
               .interrupt = soc_virtio_mmio_2000000::irq.number, .by_message = false,
               .registers = {}},
     .properties = {
         {"compatible", "\"virtio,device1\""},
         {"local-mac-address", "[52 54 00 00 00 01]"},
         {"queue-size", "<0x200>"},
     }},
    {.depth = 1, .name = "app", .origin = "tests/gen/pair/app.dtsi:5",
     .properties = {
         {"compatible", "\"osier,app\""},
         {"uses", "\"console\", \"net0\""},
         {"stack-size", "<0x2000>"},
         {"frame-size", "<0x100>"},
         {"frame-count", "<0x3>"},
         {"log-level", "\"error\""},
     }},
    {.depth = 2, .name = "net", .origin = "tests/gen/pair/app.dtsi:13",
     .properties = {
         {"ip-address", "\"192.168.7.2/29\""},
         {"packet-buffers", "<0x4>"},
         {"transmit-buffers", "<0x2>"},
     }},
    {.depth = 3, .name = "default", .origin = "tests/gen/pair/app.dtsi:18",
     .properties = {
         {"protocol", "\"udp\""},
         {"port", "<0x1>"},
     }},
    {.depth = 3, .name = "two-words", .origin = "tests/gen/pair/app.dtsi:23",
     .properties = {
         {"protocol", "\"udp\""},
         {"port", "<0x2>"},
     }},
};

}  // namespace osier::machine
