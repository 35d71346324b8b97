// SPDX-License-Identifier: Apache-2.0
// A boot in instructions to app_main, and in time to the first echo, beside QEMU's own.
#include <algorithm>
#include <memory>
#include <thread>

#include "echo_guest.hpp"
#include "elf.hpp"
#include "program.hpp"

namespace osier::bench {
namespace {

using namespace std::chrono_literals;
using milliseconds = std::chrono::duration<double, std::milli>;

constexpr int boots = 11;  // of each image, by turns
constexpr auto patience = 10s;
enum mark : std::size_t { entry, app_main };

// A network where nothing is sent: what a frame costs that comes early is no part of a boot.
const std::vector<std::string> silence = {"--net", "user,ipv6=off,restrict=on"};

void measure_instructions(benchmark::State& state, const image& image) {
  const elf elf(image.elf());
  for (auto _ : state) {
    const counter counts(image, {.marks = {elf.function("_start"), elf.app_main()}});
    guest booted(image, silence, counts.qemu_options());
    while (counts.executions(app_main) == 0) {
      if (clock::now() - booted.start() > patience) booted.fail("it does not reach app_main");
      std::this_thread::sleep_for(1ms);
    }
    state.SetIterationTime(std::chrono::duration<double>(clock::now() - booted.start()).count());
    const auto of_firmware = counts.first(entry);
    state.counters["instructions_to_app_main"] =
        static_cast<double>(counts.first(app_main) - of_firmware);
    state.counters["instructions_of_firmware"] = static_cast<double>(of_firmware);
  }
}

// QEMU with all that it has for the echo, and another image: of two kernels it takes the latter.
double time_to_power_off(const image& echo, const image& powers_off) {
  guest off(echo, silence, {"-kernel", powers_off.elf()});
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
    power_off.push_back(time_to_power_off(echo, off));
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
