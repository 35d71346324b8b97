// SPDX-License-Identifier: Apache-2.0
// The task that takes frames from the network driver, batch by batch.
#pragma once

#include "async/task.hpp"
#include "net/packet.hpp"

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
      driver.receive(batch,
                     [](packet<packet_state::received> frame) { Taker::handle(std::move(frame)); });
      co_await driver.arrival();
    }
  }

 private:
  friend Taker;
  frame_service() = default;
};

}  // namespace osier::net
