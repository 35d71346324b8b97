// SPDX-License-Identifier: Apache-2.0
// Figures that an image measures by itself: it runs with instructions as its clock, and prints.
#pragma once

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "image.hpp"

namespace osier::bench {

// The console's lines `bench: NAME TOTAL COUNT`, from one boot when the first is asked for.
class target_figures {
 public:
  explicit target_figures(image image) : image_(std::move(image)) {}

  const image& from() const { return image_; }

  // Instructions for each of what was counted. Throws with the console's text where there is none.
  double instructions(const std::string& name);

 private:
  image image_;
  std::string console_;
};

// Adds a case <program>/<machine>/<app>/<name> for each name, its figure as the counter `counter`.
void add_target_cases(const std::string& program, const std::shared_ptr<target_figures>& figures,
                      const std::vector<std::string>& names, const std::string& counter);

}  // namespace osier::bench
