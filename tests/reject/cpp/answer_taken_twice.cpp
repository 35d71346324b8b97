// EXPECT: invalid invocation of method 'take' on a temporary object while it is in the 'consumed' state
// SPDX-License-Identifier: Apache-2.0
// An answer gives its buffer back once.

#include "board.hpp"
#include "storage/disk.hpp"

task<> read(storage::disk<board::slot> disk) {
  auto done = co_await disk.read(0, co_await disk.acquire());
  auto buffer = std::move(done).take();
#ifndef TWIN
  auto other = std::move(done).take();
#else
  auto other = std::move(buffer);
#endif
  (void)other.sectors();
}
