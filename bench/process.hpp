// SPDX-License-Identifier: Apache-2.0
// A child process that dies with this one, whatever ends it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "file.hpp"

namespace osier::bench {

class process {
 public:
  // Runs `command` (a path or a name in PATH, and arguments) without input; its output is kept.
  explicit process(const std::vector<std::string>& command);
  process(const process&) = delete;
  process& operator=(const process&) = delete;
  ~process();  // kills it and waits

  // Blocks until it ends: the exit status, or 128 and the signal's number.
  int wait();

  // Standard output and error so far.
  std::string output() const;

  // Of all its threads. Throws when it has ended.
  std::chrono::nanoseconds cpu_time() const;

  // Polls as readable when it has ended.
  const file& handle() const { return handle_; }

 private:
  file output_;
  pid_t pid_;
  file handle_;
  bool reaped_ = false;
};

}  // namespace osier::bench
