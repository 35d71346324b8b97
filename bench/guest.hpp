// SPDX-License-Identifier: Apache-2.0
// A booted image: its QEMU, the wire to its first network device, and the echo client on it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "echo_client.hpp"
#include "process.hpp"
#include "wire.hpp"

namespace osier::bench {

// Executed guest instructions, counted live by the plugin `count.so`.
class instruction_counter {
 public:
  instruction_counter();
  instruction_counter(const instruction_counter&) = delete;
  instruction_counter& operator=(const instruction_counter&) = delete;
  ~instruction_counter();

  std::uint64_t read() const;
  std::string path() const;  // for the plugin's argument

 private:
  file memory_;
  std::uint64_t* value_;
};

class guest {
 public:
  // Starts QEMU for the image whose `run` script is given, with further QEMU arguments, and returns
  // at the first echo. Throws with the console's text where there is none within ten seconds.
  explicit guest(const std::string& run, const std::vector<std::string>& qemu_arguments = {});

  // From just before the fork of QEMU to the first echo.
  clock::duration time_to_first_echo() const { return time_to_first_echo_; }

  // Throws with the image's name and the console's text where the guest is gone or answers nothing
  // any more.
  echo_result echo(const echo_load& load);

  std::chrono::nanoseconds cpu_time() const { return qemu_.cpu_time(); }

 private:
  class listener;
  guest(const listener& listener, const std::string& run,
        const std::vector<std::string>& qemu_arguments);
  [[noreturn]] void fail(const std::string& what);

  std::string run_;
  std::vector<std::string> command_;
  clock::time_point start_;
  process qemu_;
  wire wire_;
  echo_client client_;
  clock::duration time_to_first_echo_{};
};

}  // namespace osier::bench
