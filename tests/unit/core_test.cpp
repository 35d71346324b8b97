// SPDX-License-Identifier: Apache-2.0
// Lists, network order, compile-time messages, the symbol table and the shape of a panic.
#include <gtest/gtest.h>

#include <deque>
#include <list>
#include <random>
#include <string>

#include "console/history.hpp"
#include "core/diagnostic.hpp"
#include "core/endian.hpp"
#include "core/list.hpp"
#include "core/symbols.hpp"
#include "host/platform.hpp"

// A symbol table as the generator writes it, for an image that begins at 0x1000 in this test's
// eyes. Two counts, (offset, name) pairs by address, of which the last is the end of the code,
// (line, controller, node) of unclaimed interrupts, and the names.
asm(R"(
  .pushsection .rodata
  .balign 16
  .global __image_start
__image_start:
  .skip 0x100
  .balign 16
  .global __symbols_start
__symbols_start:
  .long 4, 2
  .long 0x20, 0
  .long 0x40, 6
  .long 0x80, 12
  .long 0x100, 0
  .long 7, 17, 23
  .long 7, 26, 32
  .asciz "first"
  .asciz "other"
  .asciz "last"
  .asciz "/intc"
  .asciz "/a"
  .asciz "/plic"
  .asciz "/b"
  .balign 4
  .global __symbols_end
__symbols_end:
  .popsection
)");
extern "C" const std::byte __image_start[];

namespace osier {
namespace {

struct numbered : list_node {
  explicit numbered(int n) : number{n} {}
  int number;
};

TEST(symbols, name_the_node_of_an_unclaimed_line) {
  EXPECT_EQ(find_node("/intc", 7), "/a");
  EXPECT_EQ(find_node("/plic", 7), "/b");
  EXPECT_EQ(find_node("/intc", 8), "");
  EXPECT_EQ(find_node("/other", 7), "");
}

TEST(list, gives_back_in_order) {
  list<numbered> items;
  numbered a{1}, b{2}, c{3};
  EXPECT_TRUE(items.empty());
  EXPECT_EQ(items.pop_front(), nullptr);
  items.push_back(a);
  items.push_back(b);
  items.push_back(c);
  EXPECT_FALSE(items.empty());
  EXPECT_EQ(items.pop_front(), &a);
  EXPECT_FALSE(a.linked());
  EXPECT_EQ(items.pop_front(), &b);
  items.push_back(a);
  EXPECT_EQ(items.pop_front(), &c);
  EXPECT_EQ(items.pop_front(), &a);
  EXPECT_TRUE(items.empty());
  EXPECT_EQ(items.pop_front(), nullptr);
}

TEST(list, a_node_that_dies_leaves_its_list) {
  list<numbered> items;
  numbered first{1};
  numbered last{3};
  items.push_back(first);
  {
    numbered middle{2};
    items.push_back(middle);
    items.push_back(last);
  }
  EXPECT_EQ(items.pop_front(), &first);
  EXPECT_EQ(items.pop_front(), &last);
  EXPECT_TRUE(items.empty());
}

TEST(list, matches_a_reference_over_random_operations) {
  std::mt19937 random{1};
  std::deque<numbered> nodes;
  for (int i = 0; i < 32; ++i) nodes.emplace_back(i);
  list<numbered> items;
  std::list<int> expected;
  for (int step = 0; step < 20'000; ++step) {
    numbered& node = nodes[random() % nodes.size()];
    if (random() % 4 == 0) {
      const numbered* popped = items.pop_front();
      ASSERT_EQ(popped == nullptr, expected.empty());
      if (popped == nullptr) continue;
      ASSERT_EQ(popped->number, expected.front());
      expected.pop_front();
    } else if (node.linked()) {
      node.unlink();
      expected.remove(node.number);
    } else {
      items.push_back(node);
      expected.push_back(node.number);
    }
    ASSERT_EQ(items.empty(), expected.empty());
  }
}

TEST(endian, big_endian_in_memory_and_native_when_read) {
  const be16 half{0x1234};
  const be32 word{0x1234'5678};
  using two = std::array<u8, 2>;
  using four = std::array<u8, 4>;
  EXPECT_EQ(std::bit_cast<two>(half), (two{0x12, 0x34}));
  EXPECT_EQ(std::bit_cast<four>(word), (four{0x12, 0x34, 0x56, 0x78}));
  EXPECT_EQ(half, 0x1234);
  EXPECT_EQ(word, 0x1234'5678u);
  static_assert(u32{be32{0xdead'beef}} == 0xdead'beef);
  EXPECT_EQ(half.wire(), std::bit_cast<u16>(half));
}

struct node {
  static constexpr std::string_view path = "/pl011@9000000";
  static constexpr std::string_view origin = "dts/board.dts:41";
};

template <diagnostic (*Make)()>
std::string text_of() {
  static constexpr diagnostic made = Make();
  constexpr std::size_t size = made.size();
  constexpr const char* data = made.data();
  return {data, size};
}

consteval diagnostic numbers() {
  return diagnostic::at<node>()
      .add(0)
      .add(" ")
      .add(18'446'744'073'709'551'615u)
      .add(" ")
      .add_hex(0)
      .add(" ")
      .add_hex(0x9000)
      .add(" ")
      .add_hex(~u64{0});
}

TEST(diagnostic, begins_with_file_line_and_node) {
  static constexpr diagnostic made = numbers();
  EXPECT_EQ((std::string{made.data(), made.size()}),
            "dts/board.dts:41: /pl011@9000000: 0 18446744073709551615 0x0 0x9000 "
            "0xffffffffffffffff");
}

TEST(diagnostic, is_true_where_there_is_nothing_to_say) {
  static_assert(diagnostic{});
  static_assert(!numbers());
  static_assert(diagnostic{}.size() == 0);
}

TEST(symbols, finds_the_function_that_an_address_lies_in) {
  // SAFETY: the address is looked up and never accessed.
  const u64 base = reinterpret_cast<u64>(__image_start);
  struct {
    u64 address;
    std::string_view function;
    u64 offset;
  } const cases[] = {
      {base - 1, "?", 0},           {base, "?", 0},
      {base + 0x1f, "?", 0},        {base + 0x20, "first", 0},
      {base + 0x3f, "first", 0x1f}, {base + 0x40, "other", 0},
      {base + 0x7f, "other", 0x3f}, {base + 0x80, "last", 0},
      {base + 0xff, "last", 0x7f},  {base + 0x100, "?", 0},
      {base + 0x9000, "?", 0},
  };
  for (const auto& [address, function, offset] : cases) {
    const code_place found = find_code(address);
    EXPECT_EQ(found.function, function) << std::hex << address - base;
    EXPECT_EQ(found.offset, offset) << std::hex << address - base;
  }
}

TEST(panic, prints_one_block_and_ends_with_its_status) {
  EXPECT_EXIT(panic("{} of {}", 3, "four"), ::testing::ExitedWithCode(70),
              ::testing::ContainsRegex("^panic: 3 of four\n$"));
}

TEST(panic, ends_with_the_last_log_lines_that_are_whole) {
  const auto end = [](int lines) {
    for (int i = 0; i < lines; ++i) log::keep("0123456789012345678901234567890\n");
    log::keep("last\n");
    panic("it");
  };
  EXPECT_EXIT(
      end(1), ::testing::ExitedWithCode(70),
      ::testing::ContainsRegex("^panic: it\n    0123456789012345678901234567890\n    last\n$"));
  EXPECT_EXIT(end(40), ::testing::ExitedWithCode(70),
              ::testing::ContainsRegex("^panic: it\n(    [0-9]+\n){15}    last\n$"));
}

TEST(panic, names_the_node) {
  EXPECT_EXIT(panic_at("/soc/uart@0", "expected {}", 1), ::testing::ExitedWithCode(70),
              ::testing::ContainsRegex("^panic: /soc/uart@0: expected 1\n$"));
}

TEST(panic, masks_interrupts_first) {
  arch::interrupts_enabled = true;
  EXPECT_EXIT(
      {
        sink out = begin_panic({});
        format_to(out, "interrupts {}", arch::interrupts_enabled ? "on" : "off");
        end_panic();
      },
      ::testing::ExitedWithCode(70), ::testing::ContainsRegex("interrupts off"));
  arch::interrupts_enabled = false;
}

struct treacherous {};
void format_value(sink&, const format_spec&, const treacherous&) { panic("while printing"); }

TEST(panic, a_panic_within_a_panic_ends_at_once) {
  EXPECT_EXIT(panic("a {} b", treacherous{}), ::testing::ExitedWithCode(70),
              ::testing::ContainsRegex("^panic: a $"));
}

}  // namespace
}  // namespace osier
