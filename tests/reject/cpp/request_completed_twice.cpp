// EXPECT: invalid invocation of method 'complete' on a temporary object while it is in the 'consumed' state
// SPDX-License-Identifier: Apache-2.0
// A request of the disk is answered once.

#include "board.hpp"
#include "virtio-blk/virtio_blk.hpp"

virtio_blk::slot& answer(virtio_blk::answered request) {
  [[maybe_unused]] auto& slot = std::move(request).complete();
#ifndef TWIN
  return std::move(request).complete();
#else
  return slot;
#endif
}
