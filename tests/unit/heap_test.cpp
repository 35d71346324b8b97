// SPDX-License-Identifier: Apache-2.0
// The heap against what each block was filled with; what is given back wrongly ends in a panic.
#include "mem/heap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "host/platform.hpp"

namespace osier::mem {
namespace {

sink into(std::string& text) {
  return {[](void* out, std::string_view part) { *static_cast<std::string*>(out) += part; }, &text};
}

struct fixture : ::testing::Test {
  static constexpr std::size_t size = 64 * 1024;

  fixture() { memory.lend(storage); }

  std::byte* bytes(std::size_t count, std::size_t align = heap::alignment) {
    return static_cast<std::byte*>(
        memory.allocate(count, things, std::source_location::current(), align));
  }

  alignas(64) std::byte storage[size];
  heap memory;
  tag things{"things"};
};

using heap_test = fixture;

TEST_F(heap_test, counts_exactly_after_fill_and_free) {
  EXPECT_EQ(memory.free_bytes(), size);
  for (const std::size_t each : {0UZ, 1UZ, 16UZ, 100UZ, 5000UZ}) {
    std::vector<void*> taken;
    while (void* found = bytes(each)) taken.push_back(found);
    EXPECT_GT(taken.size(), 0U);
    EXPECT_EQ(memory.blocks(), taken.size());
    EXPECT_EQ(things.bytes(), taken.size() * each);
    EXPECT_TRUE(memory.is_sound());
    // Every second one first, so that blocks are joined on both sides.
    for (std::size_t i = 0; i < taken.size(); i += 2) memory.release(taken[i]);
    for (std::size_t i = 1; i < taken.size(); i += 2) memory.release(taken[i]);
    EXPECT_EQ(memory.free_bytes(), size);
    EXPECT_EQ(memory.blocks(), 0U);
    EXPECT_TRUE(memory.is_sound());
  }
}

TEST_F(heap_test, gives_most_of_itself_at_once) {
  // Good fit: what is a sixteenth smaller than the free block is found for certain.
  void* most = bytes(size - size / 16 - 128);
  ASSERT_NE(most, nullptr);
  EXPECT_EQ(bytes(size / 8), nullptr);
  memory.release(most);
  EXPECT_EQ(bytes(size), nullptr);
  EXPECT_EQ(bytes(std::numeric_limits<std::size_t>::max()), nullptr);
  EXPECT_EQ(bytes(16, std::size_t{1} << 40), nullptr);
}

TEST_F(heap_test, aligns_as_asked) {
  std::vector<void*> taken;
  for (std::size_t align = 16; align <= 4096; align *= 2) {
    for (const std::size_t each : {1UZ, 40UZ, 300UZ}) {
      void* found = bytes(each, align);
      ASSERT_NE(found, nullptr);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(found) % align, 0U);
      EXPECT_TRUE(memory.is_sound());
      taken.push_back(found);
    }
  }
  for (void* each : taken) memory.release(each);
  EXPECT_EQ(memory.free_bytes(), size);
}

TEST_F(heap_test, resizes_in_place_or_moves) {
  std::byte* first = bytes(10);
  std::memset(first, 0x5a, 10);
  EXPECT_EQ(memory.resize(first, 4), first);
  EXPECT_EQ(things.bytes(), 4U);
  bytes(10);
  auto* moved = static_cast<std::byte*>(memory.resize(first, 1000));
  ASSERT_NE(moved, nullptr);
  EXPECT_NE(moved, first);
  EXPECT_EQ(moved[3], std::byte{0x5a});
  EXPECT_EQ(memory.size_of(moved), 1000U);
  EXPECT_EQ(memory.resize(moved, size), nullptr);
  EXPECT_EQ(memory.size_of(moved), 1000U) << "as it was";
  EXPECT_EQ(things.blocks(), 2U);
  EXPECT_EQ(things.peak(), 1014U);
}

TEST_F(heap_test, does_as_a_model_does) {
  struct held {
    std::byte* bytes;
    std::size_t size;
    std::byte value;
  };
  std::mt19937 random{11};  // NOLINT(cert-msc51-cpp): the same at every run
  std::vector<held> blocks;
  std::size_t sum = 0;
  const auto is_filled = [](const held& each, std::size_t count) {
    return std::all_of(each.bytes, each.bytes + count,
                       [&each](std::byte found) { return found == each.value; });
  };
  for (int operation = 0; operation < 100'000; ++operation) {
    const std::size_t wanted = random() % (std::size_t{1} << random() % 12);
    const auto value = static_cast<std::byte>(operation);
    const std::size_t chosen = blocks.empty() ? 0 : random() % blocks.size();
    const unsigned kind = random() % 100;
    if (blocks.empty() || kind < (operation / 3000 % 2 == 0 ? 60U : 35U)) {
      const std::size_t align = std::size_t{16} << (kind % 8 == 0 ? random() % 6 : 0);
      std::byte* found = bytes(wanted, align);
      if (found == nullptr) continue;
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(found) % align, 0U);
      std::fill_n(found, wanted, value);
      blocks.push_back({found, wanted, value});
      sum += wanted;
    } else if (kind < 90) {
      ASSERT_TRUE(is_filled(blocks[chosen], blocks[chosen].size));
      memory.release(blocks[chosen].bytes);
      sum -= blocks[chosen].size;
      std::swap(blocks[chosen], blocks.back());
      blocks.pop_back();
    } else {
      held& each = blocks[chosen];
      auto* moved = static_cast<std::byte*>(memory.resize(each.bytes, wanted));
      if (moved == nullptr) continue;
      each.bytes = moved;
      ASSERT_TRUE(is_filled(each, std::min(each.size, wanted)));
      sum += wanted - each.size;
      each = {moved, wanted, value};
      std::fill_n(moved, wanted, value);
    }
    ASSERT_EQ(memory.blocks(), blocks.size());
    ASSERT_EQ(things.bytes(), sum);
    if (operation % 500 == 0) ASSERT_TRUE(memory.is_sound());
  }
  for (const held& each : blocks) {
    ASSERT_TRUE(is_filled(each, each.size));
    memory.release(each.bytes);
  }
  EXPECT_EQ(memory.free_bytes(), size);
  EXPECT_TRUE(memory.is_sound());
}

TEST_F(heap_test, tells_totals_by_tag_and_leaks_by_place) {
  tag others{"others"};
  std::byte* first = bytes(100);
  const unsigned line = __LINE__ + 1;
  EXPECT_NE(memory.allocate(7, others), nullptr);
  memory.release(first);
  std::string said;
  memory.print_totals(into(said));
  EXPECT_EQ(said,
            "  mem things: 0 bytes in 0 blocks, at most 100 bytes\n"
            "  mem others: 7 bytes in 1 blocks, at most 7 bytes\n");
  said.clear();
  EXPECT_EQ(memory.print_leaks(into(said)), 1U);
  EXPECT_EQ(said, "leak: 7 bytes of others, allocated at " + std::string{__FILE__} + ":" +
                      std::to_string(line) + "\n");
}

TEST_F(heap_test, nothing_may_be_given_back) {
  memory.release(nullptr);
  EXPECT_EQ(memory.free_bytes(), size);
}

TEST_F(heap_test, finds_a_block_given_back_twice) {
  std::byte* alone = bytes(20);
  memory.release(alone);
  EXPECT_PANIC(memory.release(alone),
               "is freed twice: 20 bytes, allocated at tests/unit/heap_test");
  std::byte *first = bytes(20), *second = bytes(30);
  memory.release(first);
  memory.release(second);  // joined with the first on one side, with the rest on the other
  EXPECT_PANIC(memory.release(second), "is freed twice: 30 bytes");
  EXPECT_PANIC(memory.size_of(second), "is freed twice");
}

TEST_F(heap_test, finds_an_overrun_of_one_byte) {
  for (const std::size_t count : {1UZ, 16UZ, 60UZ}) {
    std::byte* each = bytes(count);
    each[count] ^= std::byte{1};
    EXPECT_PANIC(memory.release(each), "is overrun: " + std::to_string(count) +
                                           " bytes of things, allocated at tests/unit/heap_test");
  }
}

TEST_F(heap_test, finds_what_lies_before_a_block_overrun) {
  std::byte *first = bytes(16), *second = bytes(16);
  std::memset(first, 0, static_cast<std::size_t>(second - first));
  EXPECT_PANIC(memory.release(second), "is no block of the heap, or what lies before it was");
}

TEST_F(heap_test, finds_a_neighbour_overrun) {
  std::byte *first = bytes(16), *second = bytes(16);
  second[-40] ^= std::byte{1};  // in its header, where this block's size is
  EXPECT_PANIC(memory.release(first), "the heap is overrun beside 16 bytes");
}

TEST_F(heap_test, finds_a_write_to_a_free_block) {
  std::byte *first = bytes(40), *kept = bytes(40);
  memory.release(first);
  std::memset(first, 0xff, 16);
  EXPECT_PANIC(bytes(40), "a free block was written to");
  EXPECT_PANIC(memory.release(kept), "a free block was written to");
}

TEST_F(heap_test, refuses_a_wild_pointer) {
  std::byte* each = bytes(64);
  std::byte outside{};
  EXPECT_PANIC(memory.release(&outside), "was not allocated from the heap");
  EXPECT_PANIC(memory.release(each + 1), "was not allocated from the heap");
  EXPECT_PANIC(memory.release(storage), "was not allocated from the heap");
  EXPECT_PANIC(memory.release(storage + size), "was not allocated from the heap");
  std::memset(each, 0, 64);
  EXPECT_PANIC(memory.release(each + 48), "is no block of the heap");
}

TEST_F(heap_test, says_who_had_what_where_memory_is_required_and_missing) {
  bytes(1000);
  EXPECT_PANIC(memory.require(size, things), "out of memory: 65536 bytes for things at");
  EXPECT_PANIC(memory.require(size, things), "\n  mem things: 1000 bytes in 1 blocks");
}

}  // namespace
}  // namespace osier::mem
