// SPDX-License-Identifier: Apache-2.0
// A guest that echoes: the wire to its first network device, and the echo client on it.
#pragma once

#include "counter.hpp"
#include "echo_client.hpp"
#include "guest.hpp"
#include "wire.hpp"

namespace osier::bench {

class echo_guest {
 public:
  // Boots the image, with further QEMU options, and returns at the first echo. Throws with the
  // console's text where there is none within ten seconds.
  explicit echo_guest(const image& image, const std::vector<std::string>& qemu_options = {});

  // From just before the fork of QEMU to the first echo.
  clock::duration time_to_first_echo() const { return time_to_first_echo_; }

  // Throws with the image's name and the console's text where the guest is gone or answers nothing
  // any more.
  echo_result echo(const echo_load& load);

  std::chrono::nanoseconds cpu_time() const { return guest_.cpu_time(); }

 private:
  class listener;
  echo_guest(const listener& listener, const image& image,
             const std::vector<std::string>& qemu_options);

  guest guest_;
  wire wire_;
  echo_client client_;
  clock::duration time_to_first_echo_{};
};

// An echoing guest under the plugin, which slows it down: only its counts are figures.
struct counted_echo_guest {
  explicit counted_echo_guest(const image& image, const count_wishes& wishes = {})
      : counts(image, wishes), guest(image, counts.qemu_options()) {}

  counter counts;
  echo_guest guest;
};

}  // namespace osier::bench
