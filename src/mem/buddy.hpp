// SPDX-License-Identifier: Apache-2.0
// The RAM that nothing else has, in blocks of 1 to 1024 pages: a buddy allocator (Knowlton, 1965).
// What is free and what is taken is written beside the pages, never into them.
#pragma once

#include <array>
#include <expected>
#include <optional>
#include <span>
#include <string_view>

#include "arch.hpp"
#include "core/units.hpp"
#include "mem/bit_tree.hpp"

namespace osier::mem {

inline constexpr std::size_t page_size = 4096;  // bytes

// A range of memory, in bytes, and whose it is.
struct range {
  std::string_view path;
  u64 base;
  u64 size;

  constexpr u64 end() const { return base + size; }
};

// Numbers the pages of RAM, so that a number is aligned as its page is: a range begins where its
// page lies in the largest block, in a block of its own unless the range before ends in the same.
class page_numbers {
 public:
  static constexpr u64 block = 1024;  // pages of the largest block

  // The number of the first page of the next range; ranges ascend.
  constexpr u64 first_of(const range& next) {
    const u64 first = next.base / page_size / block;
    const u64 last = (next.end() - 1) / page_size / block;
    if (blocks_ != 0 && first == last_) --blocks_;
    const u64 number = blocks_ * block + next.base / page_size % block;
    blocks_ += last - first + 1;
    last_ = last;
    return number;
  }

  // Largest blocks that the ranges so far touch.
  constexpr u64 blocks() const { return blocks_; }

 private:
  u64 blocks_ = 0;
  u64 last_ = 0;  // the largest block of RAM that the last range ends in
};

// Why a block cannot be given back.
enum class give_error : u8 {
  no_page,   // outside of RAM, or within a page
  reserved,  // never was in the allocator
  free,      // is there already
  within,    // a page of a block that begins before it
};

// Task context, all of it.
class buddy {
 public:
  // A block of order n is 2^n pages, and lies at a multiple of that.
  static constexpr unsigned orders = 11;

  // Words that an allocator of this RAM needs: two bits a page for what is free, two for what is
  // taken.
  static consteval std::size_t words(std::span<const range> ram) {
    const std::size_t blocks = largest_blocks(ram);
    std::size_t total = 0;
    for (unsigned order = 0; order < orders; ++order) {
      total += bit_tree::words(blocks << (orders - 1 - order)) +
               plain_words(blocks << (orders - 1 - order));
    }
    return total;
  }

  // The pages of `ram`, whole pages in ascending ranges, that `reserved` does not touch. The spans
  // outlive the allocator, and so do `words`: as many as words(ram), all 0.
  buddy(std::span<const range> ram, std::span<const range> reserved, std::span<u64> words);

  // The lowest free block of that order, with whatever it holds; nothing where no block of it is
  // left. O(orders × log64(pages)).
  std::optional<arch::phys_addr> take(unsigned order = 0);

  // Gives a block back whole, by the address of its first byte; joined with its buddies, it can be
  // taken as a larger one. O(ranges + orders × log64(pages)).
  std::expected<void, give_error> give(u64 address);

  std::size_t free_pages() const { return free_pages_; }
  std::size_t pages() const { return pages_; }  // of RAM

 private:
  static constexpr std::size_t largest_blocks(std::span<const range> ram) {
    page_numbers numbers;
    for (const range& each : ram) numbers.first_of(each);
    return static_cast<std::size_t>(numbers.blocks());
  }
  static constexpr std::size_t plain_words(std::size_t bits) { return (bits + 63) / 64; }

  // Blocks of one order, by the number of their first page shifted down by the order.
  struct blocks_of_order {
    bit_tree free;
    std::span<u64> taken;

    bool is_taken(std::size_t block) const { return (taken[block / 64] >> block % 64 & 1) != 0; }
    void flip_taken(std::size_t block) { taken[block / 64] ^= u64{1} << block % 64; }
  };

  void add(u64 base, u64 end, u64 number);
  void join(std::size_t block, unsigned order);
  give_error why_not(std::size_t page) const;
  std::optional<std::size_t> number_of(u64 address) const;
  u64 address_of(std::size_t number) const;

  std::span<const range> ram_;
  std::array<blocks_of_order, orders> blocks_ = {};
  std::size_t pages_ = 0;
  std::size_t free_pages_ = 0;
};

}  // namespace osier::mem
