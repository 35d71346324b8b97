// SPDX-License-Identifier: Apache-2.0
// What all bench programs have in common.
#include "program.hpp"

#include <unistd.h>

#include <cstdio>

#include "guest.hpp"

namespace osier::bench {
namespace {

bool any_failed = false;

// One line of a terminal, which the table overwrites.
void show_running(const std::string& name) {
  static const bool terminal = isatty(STDERR_FILENO) == 1;
  if (terminal) std::fprintf(stderr, "\r\x1b[K%s", name.empty() ? "" : (name + " …").c_str());
}

int run(const program& program, const std::vector<std::string>& arguments,
        const std::function<void(const options&)>& add_cases) {
  options options = parse_options(program, arguments);
  if (options.help) std::puts(usage(program).c_str());
  if (options.list_apps) {
    for (const auto& app : options.apps) std::puts(app.c_str());
    return 0;
  }
  std::vector<char*> argv;
  argv.reserve(options.rest.size());
  for (auto& argument : options.rest) argv.push_back(argument.data());
  int argc = static_cast<int>(argv.size());
  benchmark::Initialize(&argc, argv.data());  // prints its own options and ends after --help
  if (benchmark::ReportUnrecognizedArguments(argc, argv.data())) return 1;
  benchmark::AddCustomContext("qemu",
                              qemu_version(image(options.machines.front(), options.apps.front())));
  add_cases(options);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return any_failed ? 1 : 0;
}

}  // namespace

// Google Benchmark knows no exceptions: a failed case is skipped, and the program's status tells.
benchmark::internal::Benchmark* add_case(const std::string& name,
                                         std::function<void(benchmark::State&)> measure) {
  return benchmark::RegisterBenchmark(
      name.c_str(), [name, measure = std::move(measure)](benchmark::State& state) {
        show_running(name);
        try {
          measure(state);
          any_failed |= state.error_occurred();
        } catch (const std::exception& error) {
          any_failed = true;
          state.SkipWithError(error.what());
        }
        show_running("");
      });
}

int run_program(const program& program, int argc, char** argv,
                const std::function<void(const options&)>& add_cases) {
  try {
    return run(program, std::vector<std::string>(argv, argv + argc), add_cases);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", program.name.c_str(), error.what());
    return 1;
  }
}

}  // namespace osier::bench
