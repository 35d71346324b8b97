// SPDX-License-Identifier: Apache-2.0
// The command line of a bench program: our own options; the others are Google Benchmark's.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace osier::bench {

// What a program is, for its command line.
struct program {
  std::string name;
  std::string purpose;            // for --help: what it measures
  std::vector<std::string> apps;  // the apps whose images it measures
  bool any_app = false;           // --app names others
};

struct options {
  std::vector<std::string> machines{"virt-arm64"};
  std::vector<std::string> apps;
  bool help = false;
  bool list_apps = false;         // print the names of `apps`, for bench/run, and end
  std::vector<std::string> rest;  // the program's name, and what is Google Benchmark's
};

// Wrong usage, in words that name the option.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

options parse_options(const program& program, const std::vector<std::string>& arguments);

std::string usage(const program& program);

}  // namespace osier::bench
