// EXPECT: invalid invocation of method 'resize' on object 'buffer' while it is in the 'consumed' state
// SPDX-License-Identifier: Apache-2.0
// A block buffer is in flight once; its next request takes it out of the answer.

#include "board.hpp"
#include "storage/disk.hpp"

task<> copy(storage::disk<board::slot> disk) {
  auto buffer = co_await disk.acquire();
  auto done = co_await disk.read(0, std::move(buffer));
#ifndef TWIN
  buffer.resize(1);
#else
  buffer = std::move(done).take();
#endif
  (void)co_await disk.write(1, std::move(buffer));
}
