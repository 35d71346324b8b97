// SPDX-License-Identifier: Apache-2.0
// A booted image: QEMU, by the command line that the image's own `run --print` gives.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "clock.hpp"
#include "image.hpp"
#include "process.hpp"

namespace osier::bench {

class guest {
 public:
  // Starts QEMU with options of `run` (--net, --disk) and of QEMU.
  guest(const image& image, const std::vector<std::string>& run_options,
        const std::vector<std::string>& qemu_options);

  // Just before the fork of QEMU; the start of `run` is not part of the boot.
  clock::time_point start() const { return start_; }

  process& qemu() { return qemu_; }

  // Blocks until QEMU ends. Throws where the image has panicked.
  void wait();

  // What the console says so far, and QEMU.
  std::string console() const { return qemu_.output(); }

  std::chrono::nanoseconds cpu_time() const { return qemu_.cpu_time(); }

  // Throws with the image's name and the console's text.
  [[noreturn]] void fail(const std::string& what) const;

 private:
  std::string name_;
  std::vector<std::string> command_;
  clock::time_point start_;
  process qemu_;
};

// What the QEMU that boots the image says of its version.
std::string qemu_version(const image& image);

}  // namespace osier::bench
