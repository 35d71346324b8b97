// SPDX-License-Identifier: Apache-2.0
// Figures that an image measures by itself.
#include "target_figures.hpp"

#include <sstream>
#include <stdexcept>

#include "guest.hpp"
#include "program.hpp"

namespace osier::bench {
namespace {

// One instruction is one nanosecond of the guest's time, which jumps to the next timer when idle.
const std::vector<std::string> instructions_as_clock = {"-icount", "shift=0,sleep=off"};

}  // namespace

double target_figures::instructions(const std::string& name) {
  if (console_.empty()) {
    guest booted(image_, {}, instructions_as_clock);
    booted.wait();
    console_ = booted.console();
  }
  std::istringstream lines(console_);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string mark;
    std::string found;
    double total = 0;
    double count = 0;
    if (words >> mark >> found >> total >> count && mark == "bench:" && found == name) {
      return total / count;
    }
  }
  throw std::runtime_error(image_.name() + ": it does not say " + name + "; the console says:\n" +
                           console_);
}

void add_target_cases(const std::string& program, const std::shared_ptr<target_figures>& figures,
                      const std::vector<std::string>& names, const std::string& counter) {
  for (const auto& name : names) {
    add_case(program + "/" + figures->from().name() + "/" + name, [=](benchmark::State& state) {
      double instructions = 0;
      for (auto _ : state) instructions = figures->instructions(name);
      state.counters[counter] = instructions;
    })->Iterations(1);
  }
}

}  // namespace osier::bench
