// SPDX-License-Identifier: Apache-2.0
// The bytes of an image in memory, section by section.
#include <memory>

#include "elf.hpp"
#include "image.hpp"
#include "program.hpp"

namespace osier::bench {
namespace {

benchmark::Counter bytes(std::uint64_t count) {
  return {static_cast<double>(count), benchmark::Counter::kDefaults, benchmark::Counter::kIs1024};
}

// What Google Benchmark times here is the reading of the file.
void measure(benchmark::State& state, const image& image) {
  for (auto _ : state) {
    std::uint64_t total = 0;
    for (const auto& section : elf(image.elf()).sections()) {
      if (!section.in_memory || section.size == 0) continue;
      state.counters[section.name.substr(1)] = bytes(section.size);
      total += section.size;
    }
    state.counters["total"] = bytes(total);
  }
}

void add_cases(const options& options) {
  for (const auto& machine : options.machines) {
    for (const auto& app : options.apps) {
      const auto measured = std::make_shared<image>(machine, app);
      add_case("image_size/" + measured->name(),
               [=](benchmark::State& state) { measure(state, *measured); })
          ->Iterations(1)
          ->Unit(benchmark::kMillisecond);
    }
  }
}

const program image_size = {
    .name = "image_size",
    .purpose = "bytes of text, rodata, data, bss, noinit, stacks, symbols and page tables",
    .apps = {"hello", "udp-echo"},
    .any_app = true};

}  // namespace
}  // namespace osier::bench

int main(int argc, char** argv) {
  return osier::bench::run_program(osier::bench::image_size, argc, argv, osier::bench::add_cases);
}
