// SPDX-License-Identifier: Apache-2.0
// The buddy allocator against a map of blocks: RAM of several sizes, ragged reservations, random
// operations.
#include "mem/buddy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace osier::mem {
namespace {

constexpr u64 pages(u64 count) { return count * page_size; }

// What a board leaves of its RAM, and the words of its allocator.
struct board {
  std::vector<range> ram;
  std::vector<range> reserved;
  std::size_t words;

  std::set<u64> free_pages() const {
    std::set<u64> found;
    for (const range& each : ram) {
      for (u64 page = each.base; page < each.end(); page += page_size) {
        const bool touched = std::ranges::any_of(reserved, [page](const range& hole) {
          return hole.base < page + page_size && page < hole.end();
        });
        if (!touched) found.insert(page);
      }
    }
    return found;
  }
};

template <std::size_t Ranges>
board make_board(const std::array<range, Ranges>& ram, std::vector<range> reserved,
                 std::size_t words) {
  return {{ram.begin(), ram.end()}, std::move(reserved), words};
}

// 3 pages that begin at an odd one.
constexpr std::array small = {range{"/memory@1000", 0x1000, pages(3)}};
// 128 MiB, as QEMU has it.
constexpr std::array whole = {range{"/memory@40000000", 0x4000'0000, 0x800'0000}};
// Neighbours within a largest block, a gap within the next one, and RAM far above.
constexpr std::array ragged = {range{"/memory@100000", 0x10'0000, pages(130)},
                               range{"/memory@182000", 0x18'2000, pages(50)},
                               range{"/memory@600000", 0x60'0000, pages(3)},
                               range{"/memory@800000000", 0x8'0000'0000, pages(5000)}};

const board boards[] = {
    make_board(small, {}, buddy::words(small)),
    make_board(whole, {{"/loader", 0x4000'0000, 0x20'0000}, {"the image", 0x4020'0000, 0x137a8}},
               buddy::words(whole)),
    make_board(ragged,
               {{"/a", 0x10'1fff, 1},
                {"/b", 0x10'4ff8, 16},
                {"/c", 0xf'0000, 0x1'0001},
                {"/d", 0x60'2000, page_size},
                {"/none", 0x10'8000, 0},
                {"/e", 0x8'0000'3000, pages(9)},
                {"/f", 0x8'0000'5000, pages(2)}},
               buddy::words(ragged)),
};

class every_board : public ::testing::TestWithParam<board> {};
INSTANTIATE_TEST_SUITE_P(buddy, every_board, ::testing::ValuesIn(boards));

TEST_P(every_board, gives_every_page_once_and_takes_all_back) {
  std::vector<u64> words(GetParam().words);
  buddy memory{GetParam().ram, GetParam().reserved, words};
  const std::set<u64> free = GetParam().free_pages();
  EXPECT_EQ(memory.free_pages(), free.size());
  for (int round = 0; round < 2; ++round) {
    std::set<u64> taken;
    while (const auto page = memory.take()) EXPECT_TRUE(taken.insert(*page).second);
    EXPECT_EQ(taken, free);
    EXPECT_EQ(memory.free_pages(), 0U);
    for (const u64 page : taken) EXPECT_TRUE(memory.give(page));
    EXPECT_EQ(memory.free_pages(), free.size());
  }
}

TEST_P(every_board, joins_what_came_back_page_by_page) {
  std::vector<u64> words(GetParam().words);
  buddy memory{GetParam().ram, GetParam().reserved, words};
  const auto largest = [&memory] {
    std::vector<u64> found;
    for (unsigned order = buddy::orders; order-- > 0;) {
      while (const auto block = memory.take(order)) found.push_back(*block);
    }
    for (const u64 block : found) EXPECT_TRUE(memory.give(block));
    return found;
  };
  const std::vector<u64> before = largest();
  std::vector<u64> taken;
  while (const auto page = memory.take()) taken.push_back(*page);
  std::ranges::shuffle(taken, std::mt19937{3});  // NOLINT(cert-msc51-cpp): the same at every run
  for (const u64 page : taken) EXPECT_TRUE(memory.give(page));
  EXPECT_EQ(largest(), before);
}

TEST_P(every_board, does_as_a_map_does) {
  std::vector<u64> words(GetParam().words);
  buddy memory{GetParam().ram, GetParam().reserved, words};
  const std::set<u64> free = GetParam().free_pages();
  std::mt19937 random{7};        // NOLINT(cert-msc51-cpp): the same at every run
  std::map<u64, unsigned> held;  // orders by address
  std::size_t count = 0;         // of pages
  std::vector<u64> addresses;    // of what is held, in any order
  const auto is_apart = [&held](u64 from, u64 to) {
    const auto next = held.lower_bound(from);
    if (next != held.end() && next->first < to) return false;
    return next == held.begin() ||
           std::prev(next)->first + pages(1U << std::prev(next)->second) <= from;
  };
  for (int operation = 0; operation < 100'000; ++operation) {
    // Leans to one side and then to the other, so that it is full and empty now and then.
    if (random() % 100 < (operation / 2000 % 2 == 0 ? 70U : 30U)) {
      const auto order = std::min<unsigned>(std::countr_zero(random() | 1U << 31), 10);
      if (const auto block = memory.take(order)) {
        EXPECT_EQ(*block % pages(1U << order), 0U);
        ASSERT_TRUE(is_apart(*block, *block + pages(1U << order)));
        ASSERT_EQ(
            std::distance(free.lower_bound(*block), free.lower_bound(*block + pages(1U << order))),
            1 << order)
            << "all of it is free RAM";
        held[*block] = order;
        addresses.push_back(*block);
        count += std::size_t{1} << order;
      } else {
        EXPECT_TRUE(order > 0 || count == free.size());
      }
    } else if (!addresses.empty()) {
      std::swap(addresses[random() % addresses.size()], addresses.back());
      const u64 block = addresses.back();
      addresses.pop_back();
      count -= std::size_t{1} << held[block];
      held.erase(block);
      ASSERT_TRUE(memory.give(block));
    }
    ASSERT_EQ(memory.free_pages(), free.size() - count);
  }
}

TEST(buddy, has_nothing_where_all_is_reserved) {
  constexpr range reserved[] = {{"/a", 0, 0x20'0000}};
  std::vector<u64> words(buddy::words(small));
  buddy memory{small, reserved, words};
  EXPECT_EQ(memory.free_pages(), 0U);
  EXPECT_FALSE(memory.take());
}

TEST(buddy, joins_neighbouring_ranges_within_a_largest_block) {
  // 0x80 pages from 0x180000 on, the first two of which are of another range.
  std::vector<u64> words(buddy::words(ragged));
  buddy memory{ragged, {}, words};
  std::set<u64> found;
  while (const auto block = memory.take(5)) found.insert(*block);
  EXPECT_TRUE(found.contains(0x18'0000));
}

TEST(buddy, refuses_what_it_did_not_give) {
  constexpr range reserved[] = {{"/a", 0x10'0000, page_size}};
  std::vector<u64> words(buddy::words(ragged));
  buddy memory{ragged, reserved, words};
  const std::size_t all = memory.free_pages();
  const auto refused = [&memory](u64 page) { return memory.give(page).error(); };
  EXPECT_EQ(refused(0), give_error::no_page);
  EXPECT_EQ(refused(0x1b'4000), give_error::no_page) << "behind a range";
  EXPECT_EQ(refused(0x8'0000'0000 + pages(5000)), give_error::no_page);
  EXPECT_EQ(refused(~u64{0}), give_error::no_page);
  EXPECT_EQ(refused(0x10'1008), give_error::no_page) << "within a page";
  EXPECT_EQ(refused(0x10'0000), give_error::reserved);
  EXPECT_EQ(refused(0x10'1000), give_error::free) << "never taken";
  const auto block = memory.take(3);
  ASSERT_TRUE(block);
  EXPECT_EQ(refused(*block + pages(4)), give_error::within);
  EXPECT_TRUE(memory.give(*block));
  EXPECT_EQ(refused(*block), give_error::free) << "given twice";
  EXPECT_EQ(memory.free_pages(), all);
}

TEST(bit_tree, finds_the_least_at_every_depth) {
  for (const std::size_t bound : {1UZ, 2UZ, 64UZ, 65UZ, 4096UZ, 4097UZ, 300'000UZ}) {
    std::vector<u64> words(bit_tree::words(bound));
    bit_tree numbers{words, bound};
    EXPECT_FALSE(numbers.first());
    for (const std::size_t number : {bound - 1, bound / 2, 0UZ}) {
      numbers.insert(number);
      EXPECT_EQ(numbers.first(), number);
      EXPECT_TRUE(numbers.contains(number));
    }
    numbers.erase(0);
    EXPECT_EQ(numbers.first(), bound == 1 ? std::nullopt : std::optional{std::max(bound / 2, 0UZ)});
    numbers.erase(bound / 2);
    numbers.erase(bound - 1);
    EXPECT_TRUE(std::ranges::all_of(words, [](u64 word) { return word == 0; }));
  }
}

}  // namespace
}  // namespace osier::mem
