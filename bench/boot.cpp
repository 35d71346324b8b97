// SPDX-License-Identifier: Apache-2.0
// A boot in instructions to app_main, and in time to the first echo, beside QEMU's own.
#include <algorithm>
#include <memory>

#include "echo_guest.hpp"
#include "elf.hpp"
#include "program.hpp"

namespace osier::bench {
namespace {

using milliseconds = std::chrono::duration<double, std::milli>;

constexpr int boots = 11;  // of each image, by turns

void measure_instructions(benchmark::State& state, const image& image) {
  const elf elf(image.elf());
  for (auto _ : state) {
    const counted_echo_guest booted(image, {.marks = {elf.function("_start"), elf.app_main()}});
    const auto& counts = booted.counts;
    if (counts.executions(0) == 0 || counts.executions(1) == 0) {
      throw std::runtime_error("an echo came, but app_main was not seen to begin");
    }
    const auto of_firmware = static_cast<double>(counts.first(0));
    state.counters["instructions_to_app_main"] = static_cast<double>(counts.first(1)) - of_firmware;
    state.counters["instructions_of_firmware"] = of_firmware;
    state.SetIterationTime(
        std::chrono::duration<double>(booted.guest.time_to_first_echo()).count());
  }
}

double time_to_power_off(const image& image) {
  guest off(image, {}, {});
  off.wait();
  return milliseconds(clock::now() - off.start()).count();
}

double median(std::vector<double> times) {
  std::ranges::sort(times);
  return times[times.size() / 2];
}

void measure_first_echo(benchmark::State& state, const image& echo, const image& off) {
  std::vector<double> first_echo;
  std::vector<double> power_off;
  for (auto _ : state) {
    const echo_guest booted(echo);
    state.SetIterationTime(std::chrono::duration<double>(booted.time_to_first_echo()).count());
    first_echo.push_back(milliseconds(booted.time_to_first_echo()).count());
    power_off.push_back(time_to_power_off(off));
  }
  state.counters["first_echo_ms_min"] = *std::ranges::min_element(first_echo);
  state.counters["first_echo_ms_median"] = median(first_echo);
  state.counters["first_echo_ms_max"] = *std::ranges::max_element(first_echo);
  state.counters["power_off_ms_median"] = median(power_off);
  state.counters["beyond_power_off_ms"] = median(first_echo) - median(power_off);
}

void add_cases(const options& options) {
  for (const auto& machine : options.machines) {
    const auto echo = std::make_shared<image>(machine, "udp-echo");
    const auto off = std::make_shared<image>(machine, "off");
    add_case("boot/" + echo->name() + "/app_main",
             [=](benchmark::State& state) { measure_instructions(state, *echo); })
        ->Iterations(1)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
    add_case("boot/" + echo->name() + "/first_echo",
             [=](benchmark::State& state) { measure_first_echo(state, *echo, *off); })
        ->Iterations(boots)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
  }
}

const program boot = {.name = "boot",
                      .purpose =
                          "instructions from the first to app_main; the time from QEMU's "
                          "start to the first\necho, and to the end of an image that only "
                          "powers off",
                      .apps = {"udp-echo", "off"}};

}  // namespace
}  // namespace osier::bench

int main(int argc, char** argv) {
  return osier::bench::run_program(osier::bench::boot, argc, argv, osier::bench::add_cases);
}
