// EXPECT: invalid invocation of method 'complete' on a temporary object while it is in the 'consumed' state
// SPDX-License-Identifier: Apache-2.0
// A request of the disk is answered once.

#include "board.hpp"
#include "virtio-blk/virtio_blk.hpp"

void answer(virtio_blk::slot& first, [[maybe_unused]] virtio_blk::slot& second) {
  virtio_blk::answered request{first};
  std::move(request).complete();
#ifndef TWIN
  std::move(request).complete();
#else
  virtio_blk::answered{second}.complete();
#endif
}
