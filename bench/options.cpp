// SPDX-License-Identifier: Apache-2.0
// The command line of a bench program: `--option VALUE` or `--option=VALUE`.
#include "options.hpp"

#include <optional>
#include <sstream>
#include <string_view>

namespace osier::bench {
namespace {

std::vector<std::string> split(const std::string& names) {
  std::vector<std::string> result;
  std::istringstream stream(names);
  for (std::string name; std::getline(stream, name, ',');) {
    if (!name.empty()) result.push_back(name);
  }
  return result;
}

// The arguments one after the other.
class reader {
 public:
  explicit reader(const std::vector<std::string>& arguments) : arguments_(arguments) {}

  bool at_end() const { return at_ == arguments_.size(); }
  std::string take() { return arguments_[at_++]; }

  // The value of the option `name`, where that is what comes next.
  std::optional<std::string> take_value(std::string_view name) {
    const std::string& argument = arguments_[at_];
    if (argument.starts_with(std::string(name) + "=")) {
      ++at_;
      return argument.substr(name.size() + 1);
    }
    if (argument != name) return {};
    if (++at_ == arguments_.size()) throw usage_error(argument + ": a value is missing");
    return take();
  }

 private:
  const std::vector<std::string>& arguments_;
  std::size_t at_ = 1;
};

}  // namespace

options parse_options(const program& program, const std::vector<std::string>& arguments) {
  options result;
  result.apps = program.apps;
  result.rest = {arguments.at(0), "--benchmark_counters_tabular=true"};
  for (reader rest(arguments); !rest.at_end();) {
    if (const auto machines = rest.take_value("--machine")) {
      result.machines = split(*machines);
    } else if (const auto apps = rest.take_value("--app")) {
      if (!program.any_app) throw usage_error("--app: " + program.name + " has apps of its own");
      result.apps = split(*apps);
    } else if (const auto seconds = rest.take_value("--seconds")) {
      result.rest.push_back("--benchmark_min_time=" + *seconds);
    } else if (const auto filter = rest.take_value("--filter")) {
      result.rest.push_back("--benchmark_filter=" + *filter);
    } else if (const auto json = rest.take_value("--json")) {
      result.rest.push_back("--benchmark_out=" + *json);
    } else {
      const std::string argument = rest.take();
      result.help |= argument == "--help";
      result.list_apps |= argument == "--list-apps";
      result.rest.push_back(argument);
    }
  }
  if (result.machines.empty()) throw usage_error("--machine: no machine is named");
  if (result.apps.empty()) throw usage_error("--app: no app is named");
  return result;
}

std::string usage(const program& program) {
  std::string apps;
  for (const auto& app : program.apps) apps += (apps.empty() ? "" : ",") + app;
  return program.name + ": " + program.purpose + "\n\n" + "usage: bench/run " + program.name +
         " [option]... [Google Benchmark option]...\n"
         "  --machine NAMES  whose images are measured, comma-separated, or all (virt-arm64)\n" +
         (program.any_app ? "  --app NAMES      comma-separated (" + apps + ")\n" : "") +
         "  --seconds S      at least so long a case: --benchmark_min_time\n"
         "  --filter REGEX   only the cases that match: --benchmark_filter\n"
         "  --json FILE      the figures as JSON: --benchmark_out\n"
         "  --benchmark_list_tests, --benchmark_repetitions=N and more are Google Benchmark's\n";
}

}  // namespace osier::bench
