// SPDX-License-Identifier: Apache-2.0
// The command line of a bench program.
#include "options.hpp"

#include <gtest/gtest.h>

namespace osier::bench {
namespace {

using words = std::vector<std::string>;

const program fixed = {.name = "fixed", .purpose = "", .apps = {"one", "two"}};
const program open_to_any = {.name = "open", .purpose = "", .apps = {"one"}, .any_app = true};

options parse(const program& program, words arguments) {
  arguments.insert(arguments.begin(), "program");
  return parse_options(program, arguments);
}

std::string refusal(const program& program, const words& arguments) {
  try {
    parse(program, arguments);
  } catch (const usage_error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(options, default_to_one_machine_and_the_programs_apps) {
  const auto options = parse(fixed, {});
  EXPECT_EQ(options.machines, words{"virt-arm64"});
  EXPECT_EQ(options.apps, (words{"one", "two"}));
  EXPECT_EQ(options.rest, (words{"program", "--benchmark_counters_tabular=true"}));
}

TEST(options, take_values_behind_a_space_or_an_equals_sign) {
  const auto options = parse(open_to_any, {"--machine", "a,b", "--app=x,y"});
  EXPECT_EQ(options.machines, (words{"a", "b"}));
  EXPECT_EQ(options.apps, (words{"x", "y"}));
}

TEST(options, hand_the_others_to_google_benchmark) {
  const auto options = parse(fixed, {"--seconds", "2", "--filter=a|b", "--json", "out",
                                     "--benchmark_repetitions=3", "--machines"});
  EXPECT_EQ(options.rest,
            (words{"program", "--benchmark_counters_tabular=true", "--benchmark_min_time=2",
                   "--benchmark_filter=a|b", "--benchmark_out=out", "--benchmark_repetitions=3",
                   "--machines"}));
}

TEST(options, know_help_and_the_question_for_apps) {
  EXPECT_TRUE(parse(fixed, {"--help"}).help);
  EXPECT_TRUE(parse(fixed, {"--list-apps"}).list_apps);
  EXPECT_FALSE(parse(fixed, {}).help);
}

TEST(options, refuse_by_name) {
  EXPECT_EQ(refusal(fixed, {"--machine"}), "--machine: a value is missing");
  EXPECT_EQ(refusal(fixed, {"--machine="}), "--machine: no machine is named");
  EXPECT_EQ(refusal(open_to_any, {"--app", ","}), "--app: no app is named");
  EXPECT_EQ(refusal(fixed, {"--app", "x"}), "--app: fixed has apps of its own");
}

TEST(options, are_told_by_the_usage) {
  EXPECT_TRUE(usage(open_to_any).contains("--app NAMES"));
  EXPECT_FALSE(usage(fixed).contains("--app NAMES"));
}

}  // namespace
}  // namespace osier::bench
