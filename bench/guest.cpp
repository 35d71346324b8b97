// SPDX-License-Identifier: Apache-2.0
// A booted image.
#include "guest.hpp"

#include <wordexp.h>

#include <stdexcept>

namespace osier::bench {
namespace {

// The words of a command line as a shell would read it.
std::vector<std::string> split_words(const std::string& line) {
  wordexp_t words;
  if (wordexp(line.c_str(), &words, WRDE_NOCMD | WRDE_UNDEF) != 0) {
    throw std::runtime_error("not one shell-quoted command line: " + line);
  }
  std::vector<std::string> result(words.we_wordv, words.we_wordv + words.we_wordc);
  wordfree(&words);
  return result;
}

std::vector<std::string> qemu_command(const std::string& run,
                                      const std::vector<std::string>& run_options,
                                      const std::vector<std::string>& qemu_options) {
  std::vector<std::string> command = {run, "--print"};
  command.insert(command.end(), run_options.begin(), run_options.end());
  command.emplace_back("--");
  command.insert(command.end(), qemu_options.begin(), qemu_options.end());
  process printing(command);
  const int status = printing.wait();
  std::string line = printing.output();
  if (status != 0) throw std::runtime_error(run + " --print failed:\n" + line);
  while (line.ends_with('\n')) line.pop_back();
  return split_words(line);
}

}  // namespace

guest::guest(const image& image, const std::vector<std::string>& run_options,
             const std::vector<std::string>& qemu_options)
    : name_(image.name()),
      command_(qemu_command(image.run(), run_options, qemu_options)),
      start_(clock::now()),
      qemu_(command_) {}

void guest::wait() {
  qemu_.wait();
  if (console().contains("panic:")) fail("the image has panicked");
}

void guest::fail(const std::string& what) const {
  throw std::runtime_error(name_ + ": " + what + "; the console says:\n" + console());
}

std::string qemu_version(const image& image) {
  process asked({qemu_command(image.run(), {}, {}).front(), "--version"});
  asked.wait();
  const std::string said = asked.output();
  return said.substr(0, said.find('\n'));
}

}  // namespace osier::bench
