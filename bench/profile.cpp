// SPDX-License-Identifier: Apache-2.0
// Where the instructions of an echoed packet are spent: by function.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

#include "echo_guest.hpp"
#include "elf.hpp"
#include "program.hpp"

namespace osier::bench {
namespace {

constexpr std::uint64_t warm_up = 2'000;
constexpr std::uint64_t packets = 20'000;
constexpr double shown_share = 0.002;

using profile = std::map<std::string, double>;  // instructions per packet by function

profile by_function(const elf& elf, const std::map<std::uint64_t, std::uint64_t>& before,
                    const std::map<std::uint64_t, std::uint64_t>& after, std::uint64_t answered) {
  profile result;
  for (const auto& [address, count] : after) {
    const auto earlier = before.find(address);
    const auto executed = count - (earlier == before.end() ? 0 : earlier->second);
    if (executed == 0) continue;
    const auto* function = elf.function_at(address);
    result[function ? function->readable_name() : "(no symbol)"] +=
        static_cast<double>(executed) / static_cast<double>(answered);
  }
  return result;
}

// Standard output belongs to the figures: it may be JSON.
void print(const std::string& name, const profile& profile, double total) {
  std::vector<std::pair<double, std::string>> rows;
  for (const auto& [function, count] : profile) rows.emplace_back(count, function);
  std::ranges::sort(rows, std::greater());
  std::fprintf(stderr, "%s: %.1f instructions per packet\n", name.c_str(), total);
  for (const auto& [count, function] : rows) {
    if (count < shown_share * total) break;
    std::fprintf(stderr, "%9.2f %5.1f %%  %s\n", count, 100 * count / total, function.c_str());
  }
}

void measure(benchmark::State& state, const std::string& name, const image& image,
             const echo_load& load) {
  for (auto _ : state) {
    counted_echo_guest booted(image, {.blocks = true});
    auto& [counts, guest] = booted;
    guest.echo({.window = load.window, .payload = load.payload, .packets = warm_up});
    const auto instructions = counts.instructions();
    const auto before = counts.blocks();
    const auto result = guest.echo(load);
    const auto after = counts.blocks();
    const auto total = static_cast<double>(counts.instructions() - instructions) /
                       static_cast<double>(result.answered);
    print(name, by_function(elf(image.elf()), before, after, result.answered), total);
    state.SetIterationTime(std::chrono::duration<double>(result.elapsed).count());
    state.counters["instructions_per_packet"] = total;
  }
}

void add_cases(const options& options) {
  for (const auto& machine : options.machines) {
    for (const auto& app : options.apps) {
      const auto measured = std::make_shared<image>(machine, app);
      for (const std::size_t payload : {64, 1472}) {
        for (const std::uint32_t window : {1, 32}) {
          const auto name = "profile/" + measured->name() + "/window:" + std::to_string(window) +
                            "/payload:" + std::to_string(payload);
          const echo_load load = {.window = window, .payload = payload, .packets = packets};
          add_case(name, [=](benchmark::State& state) { measure(state, name, *measured, load); })
              ->Iterations(1)
              ->UseManualTime()
              ->Unit(benchmark::kMillisecond);
        }
      }
    }
  }
}

const program description = {
    .name = "profile",
    .purpose = "the guest instructions of an echoed packet by function, on standard error",
    .apps = {"udp-echo"},
    .any_app = true};

}  // namespace
}  // namespace osier::bench

int main(int argc, char** argv) {
  return osier::bench::run_program(osier::bench::description, argc, argv, osier::bench::add_cases);
}
