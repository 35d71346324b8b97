// SPDX-License-Identifier: Apache-2.0
// What a linked image says of itself: its symbols and sections, of 32 or 64 bits.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace osier::bench {

struct elf_symbol {
  std::string name;  // as the linker has it
  std::uint64_t address;
  std::uint64_t size;
  bool is_function;

  // As C++ has it, with template arguments left out.
  std::string readable_name() const;
};

struct elf_section {
  std::string name;
  std::uint64_t address;
  std::uint64_t size;
  bool in_memory;  // part of the running image
};

class elf {
 public:
  // Throws where the file is no little-endian ELF file.
  explicit elf(const std::string& path);

  const std::vector<elf_section>& sections() const { return sections_; }

  // Functions and data, in the order of their addresses.
  const std::vector<elf_symbol>& symbols() const { return symbols_; }

  // The address of the function, by its name as the linker has it; throws where there is none.
  std::uint64_t function(const std::string& name) const;

  // That of the app's own main function, whatever its parameters are.
  std::uint64_t app_main() const;

  // The function that the address lies in, or nullptr.
  const elf_symbol* function_at(std::uint64_t address) const;

 private:
  template <class Types>
  void read(const std::string& bytes);

  std::string path_;
  std::vector<elf_section> sections_;
  std::vector<elf_symbol> symbols_;
};

}  // namespace osier::bench
