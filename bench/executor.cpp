// SPDX-License-Identifier: Apache-2.0
// Instructions of the executor, measured on the target: tasks, events, timers, completions.
#include "program.hpp"
#include "target_figures.hpp"

namespace osier::bench {
namespace {

void add_cases(const options& options) {
  for (const auto& machine : options.machines) {
    const auto figures = std::make_shared<target_figures>(image(machine, "executor"));
    add_target_cases("executor", figures, {"yield", "spawn", "event", "completion", "timer"},
                     "instructions");
  }
}

const program executor = {
    .name = "executor",
    .purpose =
        "instructions to spawn a task, to switch, and from an event, a completion or a\n"
        "timer's moment to the task that waits; measured on the target",
    .apps = {"executor"}};

}  // namespace
}  // namespace osier::bench

int main(int argc, char** argv) {
  return osier::bench::run_program(osier::bench::executor, argc, argv, osier::bench::add_cases);
}
