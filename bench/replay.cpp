// SPDX-License-Identifier: Apache-2.0
// Instructions of an echoed packet, in batches that an image plays to itself.
#include "program.hpp"
#include "target_figures.hpp"

namespace osier::bench {
namespace {

void add_cases(const options& options) {
  for (const auto& machine : options.machines) {
    for (const auto& app : options.apps) {
      const auto figures = std::make_shared<target_figures>(image(machine, app));
      add_target_cases("replay", figures,
                       {"payload:64/batch:1", "payload:64/batch:32", "payload:1472/batch:1",
                        "payload:1472/batch:32"},
                       "instructions_per_packet");
    }
  }
}

const program replay = {
    .name = "replay",
    .purpose =
        "instructions of an echoed packet where the image plays recorded frames to\n"
        "itself: the same at each run",
    .apps = {"replay"},
    .any_app = true};

}  // namespace
}  // namespace osier::bench

int main(int argc, char** argv) {
  return osier::bench::run_program(osier::bench::replay, argc, argv, osier::bench::add_cases);
}
