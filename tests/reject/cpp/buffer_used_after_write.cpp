// EXPECT: invalid invocation of method 'data' on object 'buffer' while it is in the 'consumed' state
// SPDX-License-Identifier: Apache-2.0
// What a disk writes from is not the app's until the answer has come.

#include "board.hpp"
#include "storage/disk.hpp"

task<> keep(storage::disk<board::slot> disk) {
  auto buffer = co_await disk.acquire();
  auto done = co_await disk.write(0, std::move(buffer));
#ifndef TWIN
  buffer.data()[0] = std::byte{1};
#else
  std::move(done).take().data()[0] = std::byte{1};
#endif
}
