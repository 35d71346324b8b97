// SPDX-License-Identifier: Apache-2.0
// Objects of a static pool: as many as it has, each given back once.
#include "mem/pool.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace osier::mem {
namespace {

struct counted {
  explicit counted(int value) : value{value} { ++alive; }
  ~counted() { --alive; }
  int value;
  static inline int alive = 0;
};

TEST(object_pool, makes_as_many_as_it_has) {
  static constinit pool<counted, 3> counters;
  for (int round = 0; round < 2; ++round) {
    std::vector<pool<counted, 3>::pointer> made;
    std::set<counted*> places;
    for (int i = 0; i < 3; ++i) {
      made.push_back(counters.make(i));
      ASSERT_TRUE(made.back());
      EXPECT_EQ(made.back()->value, i);
      places.insert(made.back().get());
    }
    EXPECT_EQ(places.size(), 3U);
    EXPECT_EQ(counted::alive, 3);
    EXPECT_EQ(counters.free_count(), 0U);
    EXPECT_FALSE(counters.make(3));
    made.erase(made.begin() + 1);
    EXPECT_EQ(counters.free_count(), 1U);
    EXPECT_EQ(counters.make(4)->value, 4);
  }
  EXPECT_EQ(counted::alive, 0);
  EXPECT_EQ(counters.free_count(), 3U);
}

TEST(object_pool, aligns_and_has_room_for_a_link) {
  struct alignas(64) line {
    char byte;
  };
  static constinit pool<line, 2> lines;
  static constinit pool<char, 2> letters;
  const auto first = lines.make('a'), second = lines.make('b');
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first.get()) % 64, 0U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(second.get()) % 64, 0U);
  const auto one = letters.make('c'), other = letters.make('d');
  EXPECT_EQ(*one, 'c');
  EXPECT_EQ(*other, 'd');
}

}  // namespace
}  // namespace osier::mem
