// SPDX-License-Identifier: Apache-2.0
// Speed, latency, loss, instructions and exits of a UDP echo, and what an idle guest costs.
#include <algorithm>
#include <map>
#include <memory>
#include <thread>

#include "echo_guest.hpp"
#include "elf.hpp"
#include "program.hpp"

namespace osier::bench {
namespace {

using namespace std::chrono_literals;
using seconds = std::chrono::duration<double>;
using microseconds = std::chrono::duration<double, std::micro>;

constexpr std::uint32_t windows[] = {1, 8, 32, 128, 256};
constexpr std::size_t payloads[] = {64, 1472};
constexpr std::uint64_t counted_packets = 20'000;
constexpr std::uint64_t packets_before_idle = 100'000;
constexpr auto idle_time = 5s;
constexpr echo_load busy = {.window = 32, .payload = 64, .packets = packets_before_idle};

// The guests of an image, booted when a case first needs them.
class guests {
 public:
  explicit guests(const image& image) : image_(image) {}

  echo_guest& plain() {
    if (!plain_) plain_ = std::make_unique<echo_guest>(image_);
    return *plain_;
  }

  counted_echo_guest& counted() {
    if (!counted_) counted_ = std::make_unique<counted_echo_guest>(image_);
    return *counted_;
  }

  // Looking at each access to memory makes a guest far slower: one more, for exits alone. The mark
  // is what every architecture's interrupt entry calls.
  counted_echo_guest& watched() {
    if (!watched_) {
      const count_wishes wishes = {.marks = {elf(image_.elf()).function("osier_interrupt")},
                                   .devices = true};
      watched_ = std::make_unique<counted_echo_guest>(image_, wishes);
    }
    return *watched_;
  }

 private:
  const image& image_;
  std::unique_ptr<echo_guest> plain_;
  std::unique_ptr<counted_echo_guest> counted_;
  std::unique_ptr<counted_echo_guest> watched_;
};

// The guests of one machine, for all its apps: those of another end when the next is measured.
class guests_of_machine {
 public:
  guests& of(const image& image) {
    if (machine_ != image.machine()) guests_.clear();
    machine_ = image.machine();
    return guests_.try_emplace(image.app(), image).first->second;
  }

  void end(const image& image) { guests_.erase(image.app()); }

 private:
  std::string machine_;
  std::map<std::string, guests> guests_;
};

void require_echoes(const echo_result& result) {
  if (result.corrupt != 0) throw std::runtime_error("an echo differs from what was sent");
  if (result.answered == 0) throw std::runtime_error("no datagram was answered");
}

void count_instructions(benchmark::State& state, counted_echo_guest& guest, const echo_load& load) {
  const auto before = guest.counts.instructions();
  const auto result = guest.guest.echo(load);
  const auto instructions = guest.counts.instructions() - before;
  require_echoes(result);
  state.counters["instructions_per_packet"] =
      static_cast<double>(instructions) / static_cast<double>(result.answered);
}

void count_exits(benchmark::State& state, counted_echo_guest& guest, const echo_load& load) {
  const auto& counts = guest.counts;
  const auto doorbells = counts.doorbells();
  const auto interrupts = counts.executions(0);
  const auto accesses = counts.device_accesses();
  const auto result = guest.guest.echo(load);
  require_echoes(result);
  const auto answered = static_cast<double>(result.answered);
  state.counters["doorbells_per_packet"] =
      static_cast<double>(counts.doorbells() - doorbells) / answered;
  state.counters["interrupts_per_packet"] =
      static_cast<double>(counts.executions(0) - interrupts) / answered;
  state.counters["device_accesses_per_packet"] =
      static_cast<double>(counts.device_accesses() - accesses) / answered;
}

// An iteration is a packet; the iterations of one run are one closed loop.
void measure_echo(benchmark::State& state, guests& guests, echo_load load) {
  load.packets = static_cast<std::uint64_t>(state.max_iterations);
  echo_result result;
  while (state.KeepRunningBatch(state.max_iterations)) {
    result = guests.plain().echo(load);
    state.SetIterationTime(seconds(result.elapsed).count());
  }
  require_echoes(result);
  const auto answered = static_cast<double>(result.answered);
  const auto sent = answered + static_cast<double>(result.lost);
  state.counters["packets_per_s"] = answered / seconds(result.elapsed).count();
  state.counters["p50_us"] = microseconds(result.percentile(50)).count();
  state.counters["p99_us"] = microseconds(result.percentile(99)).count();
  state.counters["loss_percent"] = 100 * static_cast<double>(result.lost) / sent;

  load.packets = std::min(load.packets, counted_packets);
  count_instructions(state, guests.counted(), load);
  count_exits(state, guests.watched(), load);
}

void measure_idle(benchmark::State& state, const image& image) {
  for (auto _ : state) {
    echo_guest booted(image);
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

void add_echo(const std::shared_ptr<image>& image, const std::shared_ptr<guests_of_machine>& booted,
              const echo_load& load) {
  add_case("udp_echo/" + image->name() + "/window:" + std::to_string(load.window) +
               "/payload:" + std::to_string(load.payload),
           [=](benchmark::State& state) {
             try {
               measure_echo(state, booted->of(*image), load);
             } catch (...) {
               booted->end(*image);  // the next case boots anew
               throw;
             }
           })
      ->UseManualTime()
      ->Unit(benchmark::kMicrosecond);
}

void add_idle(const std::shared_ptr<image>& image) {
  add_case("udp_echo/" + image->name() + "/idle",
           [=](benchmark::State& state) { measure_idle(state, *image); })
      ->Iterations(1)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

// Images are side by side in each case: rates compare only within minutes.
void add_cases(const options& options) {
  const auto booted = std::make_shared<guests_of_machine>();
  for (const auto& machine : options.machines) {
    std::vector<std::shared_ptr<image>> images;
    for (const auto& app : options.apps) images.push_back(std::make_shared<image>(machine, app));
    for (const auto payload : payloads) {
      for (const auto window : windows) {
        for (const auto& image : images) {
          add_echo(image, booted, {.window = window, .payload = payload, .packets = 0});
        }
      }
    }
    for (const auto& image : images) add_idle(image);
  }
}

const program udp_echo = {
    .name = "udp_echo",
    .purpose =
        "echoes of UDP datagrams on port 7, by window and payload: packets/s, latency,\n"
        "loss, guest instructions, doorbells and interrupts per packet; and the load of an idle "
        "guest",
    .apps = {"udp-echo"},
    .any_app = true};

}  // namespace
}  // namespace osier::bench

int main(int argc, char** argv) {
  return osier::bench::run_program(osier::bench::udp_echo, argc, argv, osier::bench::add_cases);
}
