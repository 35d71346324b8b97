// SPDX-License-Identifier: Apache-2.0
// What all bench programs have in common: their main function, and cases that may throw.
#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <string>

#include "options.hpp"

namespace osier::bench {

// Registers a case. `name` is <program>/<machine>/<app>/…; a terminal shows it while it runs. Where
// `measure` throws, the case has failed with that message, and the program's status is 1.
benchmark::internal::Benchmark* add_case(const std::string& name,
                                         std::function<void(benchmark::State&)> measure);

// The whole of `main`: reads the command line, has the cases added, runs those that the filter
// leaves, prints Google Benchmark's table. The exit status: 1 where anything failed.
int run_program(const program& program, int argc, char** argv,
                const std::function<void(const options&)>& add_cases);

}  // namespace osier::bench
