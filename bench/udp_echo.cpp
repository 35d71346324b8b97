// SPDX-License-Identifier: Apache-2.0
// Measures a UDP echo image: packets/s, latency, loss, instructions a packet, boot time, idle load.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "guest.hpp"

namespace osier::bench {
namespace {

using namespace std::chrono_literals;
using seconds = std::chrono::duration<double>;
using milliseconds = std::chrono::duration<double, std::milli>;
using microseconds = std::chrono::duration<double, std::micro>;

constexpr int boots = 11;
constexpr std::uint64_t counted_packets = 20'000;
constexpr std::uint64_t packets_before_idle = 100'000;
constexpr auto idle_time = 5s;
constexpr echo_load busy = {.window = 32, .payload = 64, .packets = packets_before_idle};

struct options {
  std::string machine = "virt-arm64";
  std::string app = "udp-echo";
};

// The image under test, and its guests: booted when first needed, then kept.
class image {
 public:
  image(const options& options, const std::filesystem::path& build)
      : run_(build / options.machine / options.app / "run"), plugin_(build / "bench" / "count.so") {
    if (!std::filesystem::exists(run_)) {
      throw std::runtime_error(run_ + ": no such image; ./configure.py --machine " +
                               options.machine + " --app " + options.app + " && ninja builds it");
    }
  }

  guest boot() const { return guest(run_); }

  guest& plain() {
    if (!plain_) plain_ = std::make_unique<guest>(run_);
    return *plain_;
  }

  // The plugin slows its guest down: a second one, of which only the instructions count.
  guest& counted() {
    if (!counted_) {
      const std::vector<std::string> plugin = {"-plugin", plugin_ + ",counter=" + counter_.path()};
      counted_ = std::make_unique<guest>(run_, plugin);
    }
    return *counted_;
  }

  // The next case boots anew.
  void forget_guests() {
    plain_.reset();
    counted_.reset();
  }

  std::uint64_t instructions() const { return counter_.read(); }

 private:
  std::string run_;
  std::string plugin_;
  instruction_counter counter_;
  std::unique_ptr<guest> plain_;
  std::unique_ptr<guest> counted_;
};

// An iteration is a packet; the iterations of one run are one closed loop.
void measure_echo(benchmark::State& state, image& image) {
  echo_load load = {.window = static_cast<std::uint32_t>(state.range(0)),
                    .payload = static_cast<std::size_t>(state.range(1)),
                    .packets = static_cast<std::uint64_t>(state.max_iterations)};
  echo_result result;
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(load.packets))) {
    result = image.plain().echo(load);
    state.SetIterationTime(seconds(result.elapsed).count());
  }

  load.packets = std::min(load.packets, counted_packets);
  auto& counted = image.counted();
  const auto before = image.instructions();
  const auto counted_result = counted.echo(load);
  const auto instructions = image.instructions() - before;

  if (result.corrupt + counted_result.corrupt != 0) {
    return state.SkipWithError("an echo differs from what was sent");
  }
  if (result.answered == 0 || counted_result.answered == 0) {
    return state.SkipWithError("no datagram was answered");
  }
  const auto answered = static_cast<double>(result.answered);
  const auto sent = answered + static_cast<double>(result.lost);
  state.counters["packets_per_s"] = answered / seconds(result.elapsed).count();
  state.counters["p50_us"] = microseconds(result.percentile(50)).count();
  state.counters["p99_us"] = microseconds(result.percentile(99)).count();
  state.counters["loss_percent"] = 100 * static_cast<double>(result.lost) / sent;
  state.counters["instructions_per_packet"] =
      static_cast<double>(instructions) / static_cast<double>(counted_result.answered);
}

void measure_boot(benchmark::State& state, image& image) {
  std::vector<double> times;
  for (auto _ : state) {
    const guest booted = image.boot();
    state.SetIterationTime(seconds(booted.time_to_first_echo()).count());
    times.push_back(milliseconds(booted.time_to_first_echo()).count());
  }
  std::ranges::sort(times);
  state.counters["first_echo_ms_min"] = times.front();
  state.counters["first_echo_ms_median"] = times[times.size() / 2];
  state.counters["first_echo_ms_max"] = times.back();
}

void measure_idle(benchmark::State& state, image& image) {
  for (auto _ : state) {
    guest booted = image.boot();
    booted.echo(busy);
    const auto wall_before = clock::now();
    const auto cpu_before = booted.cpu_time();
    std::this_thread::sleep_for(idle_time);
    const auto cpu = seconds(booted.cpu_time() - cpu_before).count();
    const auto wall = seconds(clock::now() - wall_before).count();
    state.SetIterationTime(wall);
    state.counters["idle_cpu_percent"] = 100 * cpu / wall;
  }
}

bool any_failed = false;

// Google Benchmark knows no exceptions: a failed case is skipped, and the program's status tells.
template <void measure(benchmark::State&, image&)>
auto guarded(image& image) {
  return [&image](benchmark::State& state) {
    try {
      measure(state, image);
      any_failed |= state.error_occurred();
    } catch (const std::exception& error) {
      any_failed = true;
      image.forget_guests();
      state.SkipWithError(error.what());
    }
  };
}

void register_cases(image& image) {
  benchmark::RegisterBenchmark("boot", guarded<measure_boot>(image))
      ->Iterations(boots)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("udp_echo", guarded<measure_echo>(image))
      ->ArgNames({"window", "payload"})
      ->ArgsProduct({{1, 8, 32, 128}, {64, 1472}})
      ->UseManualTime()
      ->Unit(benchmark::kMicrosecond);
  benchmark::RegisterBenchmark("idle", guarded<measure_idle>(image))
      ->Iterations(1)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

constexpr const char* usage = R"(usage: bench/run [option]... [Google Benchmark option]...
  --machine NAME   the machine whose image is measured (virt-arm64)
  --app NAME       an app that echoes on UDP port 7 (udp-echo)
  --seconds S      at least so long a case: --benchmark_min_time
  --filter REGEX   only the cases that match: --benchmark_filter
)";

// Takes our own options out of `arguments`; the others are Google Benchmark's.
options take_options(std::vector<std::string>& arguments) {
  options result;
  std::string seconds;
  std::string filter;
  const std::pair<std::string_view, std::string*> known[] = {{"--machine", &result.machine},
                                                             {"--app", &result.app},
                                                             {"--seconds", &seconds},
                                                             {"--filter", &filter}};
  std::vector<std::string> rest = {arguments.at(0), "--benchmark_counters_tabular=true"};
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    const std::string_view name = argument.substr(0, argument.find('='));
    const auto* option = std::ranges::find(known, name, [](auto& entry) { return entry.first; });
    if (option == std::end(known)) {
      rest.emplace_back(argument);
    } else if (name != argument) {
      *option->second = argument.substr(name.size() + 1);
    } else if (i + 1 < arguments.size()) {
      *option->second = arguments[++i];
    } else {
      throw std::runtime_error(arguments[i] + ": a value is missing");
    }
  }
  if (!seconds.empty()) rest.push_back("--benchmark_min_time=" + seconds);
  if (!filter.empty()) rest.push_back("--benchmark_filter=" + filter);
  arguments = rest;
  return result;
}

int run(std::vector<std::string> arguments) {
  const options options = take_options(arguments);
  if (std::ranges::find(arguments, "--help") != arguments.end()) std::puts(usage);
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  int argc = static_cast<int>(argv.size());
  benchmark::Initialize(&argc, argv.data());
  if (benchmark::ReportUnrecognizedArguments(argc, argv.data())) return 1;

  // build/bench/udp_echo lies beside the images, build/<machine>/<app>.
  image image(options, std::filesystem::canonical("/proc/self/exe").parent_path().parent_path());
  benchmark::AddCustomContext("machine", options.machine);
  benchmark::AddCustomContext("app", options.app);
  register_cases(image);
  benchmark::RunSpecifiedBenchmarks();
  return any_failed ? 1 : 0;
}

}  // namespace
}  // namespace osier::bench

int main(int argc, char** argv) {
  try {
    return osier::bench::run(std::vector<std::string>(argv, argv + argc));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "udp_echo: %s\n", error.what());
    return 1;
  }
}
