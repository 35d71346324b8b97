// SPDX-License-Identifier: Apache-2.0
// The task that takes frames from the network driver, batch by batch.
#pragma once

#include "async/executor.hpp"
#include "async/task.hpp"

namespace osier::net {

// `Taker` derives from this, and has start(batch), awaited once, and handle(frame). Task context.
template <class Taker>
class frame_service {
 public:
  // Serves a driver for ever. The tasks that a batch wakes run before the next one, so a queue that
  // holds a batch loses nothing to a reader that keeps up.
  template <class Driver>
  static task<> serve(Driver& driver, std::size_t batch) {
    co_await Taker::start(batch);
    for (;;) {
      std::size_t taken = 0;
      for (; taken < batch && driver.has_received(); ++taken) Taker::handle(driver.receive());
      driver.settle_later();
      if (taken > 0) {
        co_await async::yield{};
      } else if (driver.request_interrupt()) {
        co_await driver.interrupted();
      }
    }
  }

 private:
  friend Taker;
  frame_service() = default;
};

}  // namespace osier::net
