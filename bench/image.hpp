// SPDX-License-Identifier: Apache-2.0
// An image under test: build/bench/images/<machine>/<app>, as bench/run builds it.
#pragma once

#include <filesystem>
#include <string>

namespace osier::bench {

// The folder of the programs, the plugin and the images: build/bench.
std::filesystem::path build_folder();

class image {
 public:
  // Throws with the command that builds it where there is none.
  image(std::string machine, std::string app);

  const std::string& machine() const { return machine_; }
  const std::string& app() const { return app_; }
  std::string name() const { return machine_ + "/" + app_; }

  std::string run() const { return folder_ / "run"; }
  std::string elf() const { return folder_ / "image.elf"; }
  std::string facts() const { return folder_ / "generated/image.json"; }

 private:
  std::string machine_;
  std::string app_;
  std::filesystem::path folder_;
};

}  // namespace osier::bench
