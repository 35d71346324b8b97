// SPDX-License-Identifier: Apache-2.0
// Symbols and sections of a linked image. Structures: System V ABI, chapter 4, by <elf.h>.
#include "elf.hpp"

#include <cxxabi.h>
#include <elf.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

namespace osier::bench {
namespace {

struct elf32 {
  using header = Elf32_Ehdr;
  using section = Elf32_Shdr;
  using symbol = Elf32_Sym;
};

struct elf64 {
  using header = Elf64_Ehdr;
  using section = Elf64_Shdr;
  using symbol = Elf64_Sym;
};

template <class T>
T read_at(const std::string& bytes, std::uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) {
    throw std::runtime_error("the file is shorter than it says");
  }
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::string string_at(const std::string& bytes, std::uint64_t offset) {
  return bytes.substr(offset, bytes.find('\0', offset) - offset);
}

// `queue<…>::take` of queue<long, list, of<arguments>>::take. The operators < and > stay.
std::string without_template_arguments(const std::string& name) {
  std::string result;
  int depth = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool of_operator = result.ends_with("operator") || result.ends_with("operator<") ||
                             result.ends_with("operator>") || result.ends_with("operator-");
    if (name[i] == '<' && !of_operator) {
      if (depth++ == 0) result += "<…>";
    } else if (name[i] == '>' && !of_operator) {
      --depth;
    } else if (depth == 0) {
      result += name[i];
    }
  }
  return result;
}

}  // namespace

std::string elf_symbol::readable_name() const {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> demangled(
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), &std::free);
  return demangled ? without_template_arguments(demangled.get()) : name;
}

elf::elf(const std::string& path) : path_(path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  if (!bytes.starts_with(ELFMAG) || bytes.size() < EI_NIDENT || bytes[EI_DATA] != ELFDATA2LSB) {
    throw std::runtime_error(path + ": no little-endian ELF file");
  }
  if (bytes[EI_CLASS] == ELFCLASS64) {
    read<elf64>(bytes);
  } else {
    read<elf32>(bytes);
  }
  std::ranges::sort(symbols_, {}, &elf_symbol::address);
}

template <class Types>
void elf::read(const std::string& bytes) {
  const auto header = read_at<typename Types::header>(bytes, 0);
  std::vector<typename Types::section> sections;
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    sections.push_back(
        read_at<typename Types::section>(bytes, header.e_shoff + i * sizeof sections[0]));
  }
  for (const auto& section : sections) {
    sections_.push_back(
        {.name = string_at(bytes, sections.at(header.e_shstrndx).sh_offset + section.sh_name),
         .address = section.sh_addr,
         .size = section.sh_size,
         .in_memory = (section.sh_flags & SHF_ALLOC) != 0});
    if (section.sh_type != SHT_SYMTAB) continue;
    for (std::uint64_t at = 0; at < section.sh_size; at += sizeof(typename Types::symbol)) {
      const auto symbol = read_at<typename Types::symbol>(bytes, section.sh_offset + at);
      const auto type = ELF64_ST_TYPE(symbol.st_info);  // the same in both classes
      const auto name = string_at(bytes, sections.at(section.sh_link).sh_offset + symbol.st_name);
      // Neither sections and files nor the marks between code and data of arm and riscv ($x, $d).
      if (type > STT_FUNC || symbol.st_shndx == SHN_UNDEF || name.empty() || name[0] == '$') {
        continue;
      }
      symbols_.push_back({.name = name,
                          .address = symbol.st_value,
                          .size = symbol.st_size,
                          .is_function = type == STT_FUNC});
    }
  }
}

std::uint64_t elf::function(const std::string& name) const {
  const auto found = std::ranges::find(symbols_, name, &elf_symbol::name);
  if (found == symbols_.end()) throw std::runtime_error(path_ + ": it has no symbol " + name);
  return found->address;
}

// Its coroutine's other functions have the same name and a suffix behind a dot.
std::uint64_t elf::app_main() const {
  const auto found = std::ranges::find_if(symbols_, [](const elf_symbol& symbol) {
    return symbol.is_function && symbol.name.starts_with("_Z8app_main") &&
           !symbol.name.contains('.');
  });
  if (found == symbols_.end()) throw std::runtime_error(path_ + ": it has no app_main");
  return found->address;
}

const elf_symbol* elf::function_at(std::uint64_t address) const {
  const elf_symbol* unsized = nullptr;  // of assembly: it reaches to the next symbol
  for (const auto& symbol : symbols_) {
    if (symbol.address > address) break;
    if (address - symbol.address < symbol.size) return &symbol;
    unsized = symbol.size == 0 ? &symbol : nullptr;
  }
  return unsized;
}

}  // namespace osier::bench
