// EXPECT: invalid invocation of method '~answered' on object 'request' while it is in the 'unconsumed' state
// SPDX-License-Identifier: Apache-2.0
// Who asked the disk gets an answer.

#include "board.hpp"
#include "virtio-blk/virtio_blk.hpp"

void answer(virtio_blk::slot& done) {
  virtio_blk::answered request{done};
#ifndef TWIN
  done.asker = nullptr;
#else
  std::move(request).complete();
#endif
}
