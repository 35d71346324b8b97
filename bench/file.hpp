// SPDX-License-Identifier: Apache-2.0
// An owned file descriptor, and the exception for a failed system call.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace osier::bench {

[[noreturn]] inline void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

class file {
 public:
  // Takes the result of a system call; throws with its name where the call failed.
  file(int number, const char* system_call) : number_(number) {
    if (number_ < 0) throw_errno(system_call);
  }
  file(file&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  file& operator=(file&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~file() {
    if (number_ >= 0) close(number_);
  }

  int number() const { return number_; }

 private:
  int number_;
};

}  // namespace osier::bench
