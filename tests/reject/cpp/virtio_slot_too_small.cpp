// EXPECT: board.dts:30: /virtio@3000: a register block of 0x100 bytes; the driver's last register ends at 0x106; make its size at least 0x106
// SPDX-License-Identifier: Apache-2.0
// A virtio slot must hold the device's configuration too.

#include "board.hpp"
#include "virtio-net/virtio_net.hpp"

struct node : board::slot {
#ifndef TWIN
  static constexpr mmio::region reg = {.base = 0x3000, .size = 0x100};
#else
  static constexpr mmio::region reg = {.base = 0x3000, .size = 0x200};
#endif
};

struct sizes {
  static constexpr u16 packet_buffers = 4;
};
using driver = virtio_net::driver<node, virtio::mmio_transport<node>, sizes>;
static_assert(driver::check(), driver::check());
