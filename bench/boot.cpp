// SPDX-License-Identifier: Apache-2.0
// How long QEMU takes to the first echo, beside an image that only powers off.
#include <algorithm>
#include <memory>

#include "echo_guest.hpp"
#include "program.hpp"

namespace osier::bench {
namespace {

using milliseconds = std::chrono::duration<double, std::milli>;

constexpr int boots = 11;  // of each, by turns

clock::duration time_to_power_off(const image& image) {
  guest off(image, {}, {});
  off.wait();
  return clock::now() - off.start();
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
    power_off.push_back(milliseconds(time_to_power_off(off)).count());
  }
  state.counters["first_echo_ms_min"] = *std::ranges::min_element(first_echo);
  state.counters["first_echo_ms_median"] = median(first_echo);
  state.counters["first_echo_ms_max"] = *std::ranges::max_element(first_echo);
  state.counters["power_off_ms_median"] = median(power_off);
}

void add_cases(const options& options) {
  for (const auto& machine : options.machines) {
    const auto echo = std::make_shared<image>(machine, "udp-echo");
    const auto off = std::make_shared<image>(machine, "off");
    add_case("boot/" + echo->name() + "/first_echo",
             [=](benchmark::State& state) { measure_first_echo(state, *echo, *off); })
        ->Iterations(boots)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
  }
}

const program boot = {.name = "boot",
                      .purpose =
                          "from QEMU's start to the first echo, and to the end of an image "
                          "that only powers off",
                      .apps = {"udp-echo", "off"}};

}  // namespace
}  // namespace osier::bench

int main(int argc, char** argv) {
  return osier::bench::run_program(osier::bench::boot, argc, argv, osier::bench::add_cases);
}
