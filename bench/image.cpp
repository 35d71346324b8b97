// SPDX-License-Identifier: Apache-2.0
// An image under test, found beside the program that runs.
#include "image.hpp"

#include <stdexcept>

namespace osier::bench {

std::filesystem::path build_folder() {
  return std::filesystem::canonical("/proc/self/exe").parent_path();
}

image::image(std::string machine, std::string app)
    : machine_(std::move(machine)),
      app_(std::move(app)),
      folder_(build_folder() / "images" / machine_ / app_) {
  if (!std::filesystem::exists(elf())) {
    throw std::runtime_error(elf() + ": there is no such image; bench/run --machine " + machine_ +
                             " builds it");
  }
}

}  // namespace osier::bench
