// SPDX-License-Identifier: Apache-2.0
// The pool of pages against a set: several ranges, ragged reservations, random operations.
#include "mem/page_pool.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

namespace osier::mem {
namespace {

// 3 pages, a hole, and 130 pages: a word of the map ends within the second range.
constexpr range ram[] = {{"/memory@1000", 0x1000, 3 * page_size},
                         {"/memory@100000", 0x10'0000, 130 * page_size}};
constexpr std::size_t words = map_words(ram);
static_assert(words == 3);

std::set<u64> all_pages() {
  std::set<u64> found;
  for (const range& each : ram) {
    for (u64 page = each.base; page < each.end(); page += page_size) found.insert(page);
  }
  return found;
}

TEST(page_pool, gives_every_page_once_and_takes_all_back) {
  std::vector<u64> map(words);
  page_pool pages{ram, {}, map};
  EXPECT_EQ(pages.pages(), 133U);
  for (int round = 0; round < 2; ++round) {
    std::set<u64> taken;
    while (const auto page = pages.take()) EXPECT_TRUE(taken.insert(*page).second);
    EXPECT_EQ(taken, all_pages());
    EXPECT_EQ(pages.free_count(), 0U);
    for (const u64 page : taken) EXPECT_TRUE(pages.give(page));
    EXPECT_EQ(pages.free_count(), 133U);
  }
}

TEST(page_pool, leaves_out_every_page_that_a_reservation_touches) {
  // One byte of the first page, the end of one page and the start of the next, and a range that
  // begins before RAM.
  constexpr range reserved[] = {{"/a", 0x1fff, 1},
                                {"/b", 0x10'0ff8, 16},
                                {"/c", 0xf'0000, 0x1'0001},
                                {"/d", 0x10'0000 + 129 * page_size, page_size}};
  std::vector<u64> map(words);
  page_pool pages{ram, reserved, map};
  std::set<u64> expected = all_pages();
  for (const u64 page : {u64{0x1000}, u64{0x10'0000}, u64{0x10'1000}, 0x10'0000 + 129 * page_size})
    expected.erase(page);
  EXPECT_EQ(pages.free_count(), expected.size());
  std::set<u64> taken;
  while (const auto page = pages.take()) taken.insert(*page);
  EXPECT_EQ(taken, expected);
}

TEST(page_pool, has_nothing_where_all_is_reserved) {
  constexpr range reserved[] = {{"/a", 0, 0x20'0000}};
  std::vector<u64> map(words);
  page_pool pages{ram, reserved, map};
  EXPECT_EQ(pages.free_count(), 0U);
  EXPECT_FALSE(pages.take());
}

TEST(page_pool, refuses_what_it_did_not_give) {
  constexpr range reserved[] = {{"/a", 0x2000, page_size}};
  std::vector<u64> map(words);
  page_pool pages{ram, reserved, map};
  const auto refused = [&pages](u64 page) { return pages.give(page).error(); };
  EXPECT_EQ(refused(0), give_error::no_page);
  EXPECT_EQ(refused(0x4000), give_error::no_page) << "behind the first range";
  EXPECT_EQ(refused(0x10'0000 + 130 * page_size), give_error::no_page);
  EXPECT_EQ(refused(~u64{0}), give_error::no_page);
  EXPECT_EQ(refused(0x1008), give_error::no_page) << "within a page";
  EXPECT_EQ(refused(0x2000), give_error::reserved);
  EXPECT_EQ(refused(0x1000), give_error::free) << "never taken";
  const auto page = pages.take();
  ASSERT_TRUE(page && pages.give(*page));
  EXPECT_EQ(refused(*page), give_error::free) << "given twice";
  EXPECT_EQ(pages.free_count(), 132U);
}

TEST(page_pool, does_as_a_set_does) {
  constexpr range reserved[] = {{"/a", 0x10'4000, 5 * page_size}};
  std::mt19937 random{7};  // NOLINT(cert-msc51-cpp): the same at every run
  std::vector<u64> map(words);
  page_pool pages{ram, reserved, map};
  const std::size_t all = pages.free_count();
  std::set<u64> held;
  for (int operation = 0; operation < 100'000; ++operation) {
    // Leans to one side and then to the other, so that it is full and empty now and then.
    const bool take = random() % 100 < (operation / 2000 % 2 == 0 ? 70 : 30);
    if (take) {
      const auto page = pages.take();
      EXPECT_EQ(page.has_value(), held.size() < all);
      if (page) EXPECT_TRUE(held.insert(*page).second);
    } else if (!held.empty()) {
      auto chosen = held.lower_bound(0x1000 + random() % 0x20'0000);
      if (chosen == held.end()) chosen = held.begin();
      EXPECT_TRUE(pages.give(*chosen));
      held.erase(chosen);
    }
    ASSERT_EQ(pages.free_count(), all - held.size());
  }
}

}  // namespace
}  // namespace osier::mem
