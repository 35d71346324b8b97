// EXPECT: frame larger than its slot; raise frame-size in app.dtsi, or keep less across co_await
// SPDX-License-Identifier: Apache-2.0
// What lives across co_await must fit frame-size.

// STAGE: code

#include "async/event.hpp"
#include "board.hpp"

void use(std::byte* buffer);

task<> fill(async::event& done) {
#ifndef TWIN
  std::byte buffer[512];
#else
  std::byte buffer[256];
#endif
  use(buffer);
  co_await done.wait();
  use(buffer);
}
