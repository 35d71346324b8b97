// SPDX-License-Identifier: Apache-2.0
// What the TCG plugin `count.so` counts in a guest, read live over shared memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "file.hpp"

namespace osier::bench {

class counter {
 public:
  counter();
  counter(const counter&) = delete;
  counter& operator=(const counter&) = delete;
  ~counter();

  // QEMU's options, for the one guest that is counted.
  std::vector<std::string> qemu_options() const;

  std::uint64_t instructions() const;

 private:
  file memory_;
  std::uint64_t* value_;
};

}  // namespace osier::bench
