// SPDX-License-Identifier: Apache-2.0
// Random reads and writes of 4 KiB, one and 32 at a time: IOPS, latency, instructions, exits.
#include <fcntl.h>
#include <poll.h>

#include <charconv>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "counter.hpp"
#include "elf.hpp"
#include "guest.hpp"
#include "program.hpp"

namespace osier::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 180s;  // for a line of the console: a peer's boot and loop, counted
constexpr std::uint32_t block_size = 4096;
constexpr std::uint32_t disk_blocks = 16'384;
constexpr const char* ways[] = {"read", "write"};
constexpr int depths[] = {1, 32};

// A disk of the host's: a file whose every block begins with its number, gone with the bench.
class raw_disk {
 public:
  raw_disk()
      : path_(build_folder() / ("block_io-" + std::to_string(getpid()) + ".raw")),
        file_(open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), "open") {
    if (ftruncate(file_.number(), off_t{disk_blocks} * block_size) != 0) throw_errno("ftruncate");
    for (std::uint32_t block = 0; block < disk_blocks; ++block) {
      const std::uint32_t words[] = {block, 0};
      if (pwrite(file_.number(), words, sizeof words, offset(block)) != sizeof words) {
        throw_errno("pwrite");
      }
    }
  }
  raw_disk(const raw_disk&) = delete;
  raw_disk& operator=(const raw_disk&) = delete;
  ~raw_disk() { std::filesystem::remove(path_); }

  std::string spec() const { return path_; }

  // Throws where the file is not what the image's loops must have left.
  void verify() const {
    const auto written = written_blocks();
    for (std::uint32_t block = 0; block < disk_blocks; ++block) {
      std::uint32_t words[2];  // its number, and which write it was
      if (pread(file_.number(), words, sizeof words, offset(block)) != sizeof words) {
        throw_errno("pread");
      }
      if (words[0] != block || (words[1] != 0) != written.contains(block)) {
        throw std::runtime_error("block " + std::to_string(block) +
                                 " of the file is not as written");
      }
    }
  }

 private:
  static off_t offset(std::uint32_t block) { return off_t{block} * block_size; }

  // As in bench/target/block-io/main.cpp.
  static std::set<std::uint32_t> written_blocks() {
    constexpr std::uint32_t requests = 16'384;
    std::uint32_t random = 2'463'534'242;
    std::set<std::uint32_t> blocks;
    for (std::uint32_t i = 0; i < requests; ++i) {
      random ^= random << 13;
      random ^= random >> 17;
      random ^= random << 5;
      blocks.insert(random & (disk_blocks - 1));
    }
    return blocks;
  }

  std::filesystem::path path_;
  file file_;
};

// What the plugin has counted at a moment.
struct counted {
  std::uint64_t instructions;
  std::uint64_t doorbells;
  std::uint64_t interrupts;

  static counted now(const counter& counts) {
    return {counts.instructions(), counts.doorbells(), counts.executions(0)};
  }
};

// What the image says of one loop, and what was counted during it.
struct loop_figures {
  double requests, nanoseconds;
  double p50_ns, p99_ns;
  counted before{}, after{};

  double per_request(std::uint64_t counted::* what) const {
    return static_cast<double>(after.*what - before.*what) / requests;
  }
};

using all_figures = std::map<std::string, loop_figures>;  // by "read 1" and its like

// Reads the console line by line while the image runs. It halts for a while around each loop, so
// that counts taken when a line is there are those of the loop.
class conversation {
  static constexpr std::string_view beginning = "block-io: ";

 public:
  conversation(guest& booted, const counter* counts) : guest_(booted), counts_(counts) {}

  all_figures listen() {
    all_figures result;
    for (std::size_t i = 0; i < std::size(ways) * std::size(depths); ++i) {
      const std::string name = i == 0 ? first_loop() : rest(next_line());
      loop_figures& loop = result[name];
      if (counts_) loop.before = counted::now(*counts_);
      const auto speed = numbers(next_line(), 3);
      if (counts_) loop.after = counted::now(*counts_);
      loop.requests = speed[0];
      loop.nanoseconds = speed[1];
      const auto latency = numbers(next_line(), 3);  // the second is the 99 of "99 %"
      loop.p50_ns = latency[0];
      loop.p99_ns = latency[2];
    }
    guest_.wait();
    if (guest_.console().size() != read_) guest_.fail("more was said than was expected");
    return result;
  }

 private:
  std::string next_line() {
    for (const auto until = clock::now() + patience; clock::now() < until;) {
      const std::string text = guest_.console();
      const auto end = text.find('\n', read_);
      if (end != std::string::npos) {
        const auto begin = std::exchange(read_, end + 1);
        return text.substr(begin, end - begin);
      }
      pollfd ended = {.fd = guest_.qemu().handle().number(), .events = POLLIN, .revents = 0};
      if (poll(&ended, 1, 5) < 0) throw_errno("poll");
      if (ended.revents != 0 && guest_.console().find('\n', read_) == std::string::npos) {
        guest_.fail("the image has ended before it had measured");
      }
    }
    guest_.fail("the image has said nothing for three minutes");
  }

  // A firmware speaks before the image does.
  std::string first_loop() {
    for (;;) {
      const std::string line = next_line();
      if (line.starts_with(beginning)) return rest(line);
    }
  }

  std::string rest(const std::string& line) const {
    if (!line.starts_with(beginning)) guest_.fail("not the line that was expected: " + line);
    return line.substr(beginning.size());
  }

  // The numbers in a line, as many as are expected.
  std::vector<double> numbers(const std::string& line, std::size_t expected) const {
    std::vector<double> found;
    const std::string text = rest(line);
    for (const char* at = text.data(); at < text.data() + text.size();) {
      std::uint64_t number = 0;
      const auto [end, error] = std::from_chars(at, text.data() + text.size(), number);
      if (error == std::errc{}) found.push_back(static_cast<double>(number));
      at = error == std::errc{} ? end : at + 1;
    }
    if (found.size() != expected) guest_.fail("not the line that was expected: " + line);
    return found;
  }

  guest& guest_;
  const counter* counts_;
  std::size_t read_ = 0;
};

all_figures run(const image& image, bool raw, const counter* counts) {
  std::optional<raw_disk> disk;
  if (raw) disk.emplace();
  guest booted(image, {"--disk", raw ? disk->spec() : "null:64M"},
               counts ? counts->qemu_options() : std::vector<std::string>{});
  const auto result = conversation(booted, counts).listen();
  if (raw) disk->verify();
  return result;
}

// One boot measures all loops, and each case takes the figures of its own once: what is asked for
// again is measured anew.
class measured {
 public:
  measured(const image& image, bool raw) : image_(image), raw_(raw) {}

  loop_figures speed(const std::string& loop) {
    if (!speed_.contains(loop)) speed_ = run(image_, raw_, nullptr);
    return speed_.extract(loop).mapped();
  }

  // What a peer does at its exits is not ours to know.
  bool can_be_watched() const { return image_.has_elf(); }

  loop_figures instructions(const std::string& loop) {
    if (!instructions_.contains(loop)) {
      const counter counts(image_, {});
      instructions_ = run(image_, raw_, &counts);
    }
    return instructions_.extract(loop).mapped();
  }

  // Looking at each access to memory makes a guest far slower: one more, for exits alone.
  loop_figures exits(const std::string& loop) {
    if (!exits_.contains(loop)) {
      const counter counts(
          image_, {.marks = {elf(image_.elf()).function("osier_interrupt")}, .devices = true});
      exits_ = run(image_, raw_, &counts);
    }
    return exits_.extract(loop).mapped();
  }

 private:
  image image_;
  bool raw_;
  all_figures speed_, instructions_, exits_;
};

void measure(benchmark::State& state, measured& images, const std::string& loop) {
  for (auto _ : state) {
    const auto speed = images.speed(loop);
    state.SetIterationTime(speed.nanoseconds / 1e9);
    state.counters["iops"] = speed.requests * 1e9 / speed.nanoseconds;
    state.counters["p50_us"] = speed.p50_ns / 1e3;
    state.counters["p99_us"] = speed.p99_ns / 1e3;
    state.counters["instructions_per_request"] =
        images.instructions(loop).per_request(&counted::instructions);
    if (!images.can_be_watched()) continue;
    const auto exits = images.exits(loop);
    state.counters["doorbells_per_request"] = exits.per_request(&counted::doorbells);
    state.counters["interrupts_per_request"] = exits.per_request(&counted::interrupts);
  }
}

void add_case_of(const image& image, const std::shared_ptr<measured>& images,
                 const std::string& backend, const std::string& way, int depth) {
  const std::string loop = way + " " + std::to_string(depth);
  add_case(
      "block_io/" + image.name() + "/" + backend + "/" + way + "/depth:" + std::to_string(depth),
      [=](benchmark::State& state) { measure(state, *images, loop); })
      ->Iterations(1)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

// Images are side by side in each case: rates compare only within minutes.
void add_cases(const options& options) {
  for (const auto& machine : options.machines) {
    for (const bool raw : {false, true}) {
      std::vector<std::pair<image, std::shared_ptr<measured>>> all;
      for (const auto& app : options.apps) {
        const image image(machine, app);
        all.emplace_back(image, std::make_shared<measured>(image, raw));
      }
      for (const int depth : depths) {
        for (const std::string way : ways) {
          for (const auto& [image, images] : all) {
            add_case_of(image, images, raw ? "raw" : "null", way, depth);
          }
        }
      }
    }
  }
}

const program block_io = {
    .name = "block_io",
    .purpose =
        "random blocks of 4 KiB read and written on a null backend and a raw file, one and 32\n"
        "at a time: IOPS, latency, guest instructions, doorbells and interrupts per request",
    .apps = {"block-io"},
    .any_app = true};

}  // namespace
}  // namespace osier::bench

int main(int argc, char** argv) {
  return osier::bench::run_program(osier::bench::block_io, argc, argv, osier::bench::add_cases);
}
