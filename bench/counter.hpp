// SPDX-License-Identifier: Apache-2.0
// What the TCG plugin `count.so` counts in a guest, read live over shared memory.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "file.hpp"
#include "image.hpp"
#include "plugin/counts.h"

namespace osier::bench {

// What is to be counted beside the instructions; each costs the guest time, none instructions.
struct count_wishes {
  std::vector<std::uint64_t> marks = {};  // addresses of instructions
  bool blocks = false;
  bool devices = false;
};

class counter {
 public:
  counter(const image& image, const count_wishes& wishes);
  counter(const counter&) = delete;
  counter& operator=(const counter&) = delete;
  ~counter();

  // QEMU's options, for the one guest that is counted.
  std::vector<std::string> qemu_options() const;

  std::uint64_t instructions() const { return read(counts_->instructions); }
  std::uint64_t device_accesses() const { return read(counts_->device_accesses); }
  std::uint64_t doorbells() const { return read(counts_->doorbells); }

  // Executions of the mark, and the instructions before the first of them.
  std::uint64_t executions(std::size_t mark) const { return read(counts_->marks[mark].executions); }
  std::uint64_t first(std::size_t mark) const { return read(counts_->marks[mark].first); }

  // Instructions executed so far, by the address of the block that they are part of.
  std::map<std::uint64_t, std::uint64_t> blocks() const;

 private:
  static std::uint64_t read(std::uint64_t& value);

  file memory_;
  counts* counts_;
  std::string arguments_;
};

}  // namespace osier::bench
