// SPDX-License-Identifier: Apache-2.0
// The Ethernet wire: frames over the stream socket of QEMU's `-netdev stream`, in batches.
//
// On the socket a frame is its length, four bytes big-endian, and its bytes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include "clock.hpp"
#include "file.hpp"

namespace osier::bench {

class wire {
 public:
  explicit wire(file stream);

  // Room for one frame at the end of the outgoing batch, to be filled before the next call of any
  // member. The batch leaves with `wait`.
  std::span<std::uint8_t> send(std::size_t length);

  // Sends the batch and returns true as soon as a frame has arrived, false when `until` has passed.
  // Throws `wire_closed` when the other side has gone.
  bool wait(clock::time_point until);

  // The next frame that has arrived, valid until `wait`; empty when there is none.
  std::span<const std::uint8_t> receive();

 private:
  void write_some();
  void read_some();
  bool frame_complete() const;
  std::size_t frame_length() const;

  file stream_;
  std::vector<std::uint8_t> outgoing_;
  std::size_t written_ = 0;
  std::vector<std::uint8_t> incoming_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

struct wire_closed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace osier::bench
