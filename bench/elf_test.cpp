// SPDX-License-Identifier: Apache-2.0
// Symbols and sections, of the test's own program.
#include "elf.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

extern "C" [[gnu::noinline]] int elf_test_function(int number) { return 3 * number + 1; }

namespace osier::bench {
namespace {

elf_symbol named(const std::string& name) {
  return {.name = name, .address = 0, .size = 0, .is_function = true};
}

TEST(elf, finds_the_function_of_an_address) {
  ASSERT_EQ(elf_test_function(1), 4);
  const elf self("/proc/self/exe");
  const auto start = self.function("elf_test_function");
  ASSERT_NE(self.function_at(start), nullptr);
  EXPECT_EQ(self.function_at(start)->name, "elf_test_function");
  EXPECT_TRUE(self.function_at(start)->is_function);
  const auto last = start + self.function_at(start)->size - 1;
  EXPECT_EQ(self.function_at(last)->name, "elf_test_function");
  EXPECT_EQ(self.function_at(0), nullptr);
}

TEST(elf, knows_the_sections_that_are_in_memory) {
  const elf self("/proc/self/exe");
  const auto section = [&](const char* name) {
    return *std::ranges::find(self.sections(), std::string(name), &elf_section::name);
  };
  EXPECT_TRUE(section(".text").in_memory);
  EXPECT_GT(section(".text").size, 0U);
  EXPECT_FALSE(section(".symtab").in_memory);
}

TEST(elf, refuses_what_is_none) {
  EXPECT_THROW(elf("/dev/null"), std::runtime_error);
  EXPECT_THROW(elf("/nowhere"), std::runtime_error);
  EXPECT_THROW(elf("/proc/self/exe").function("no_such_function"), std::runtime_error);
  EXPECT_THROW(elf("/proc/self/exe").app_main(), std::runtime_error);
}

TEST(elf, reads_names_without_template_arguments) {
  EXPECT_EQ(named("osier_interrupt").readable_name(), "osier_interrupt");
  EXPECT_EQ(named("_ZN1a1fISt6vectorIiSaIiEEEEvv").readable_name(), "void a::f<…>()");
  EXPECT_EQ(named("_ZN1aIiElsEi").readable_name(), "a<…>::operator<<(int)");
  EXPECT_EQ(named("_ZNK1aIiEptEv").readable_name(), "a<…>::operator->() const");
}

}  // namespace
}  // namespace osier::bench
