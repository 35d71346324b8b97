// SPDX-License-Identifier: Apache-2.0
// A heap in O(1): two-level segregated fit (TLSF; Masmano, Ripoll, Crespo, Real, 2004), with the
// tag and the place of each block beside it. `new`, `malloc` and the containers use the image's.
#pragma once

#include <array>
#include <new>
#include <span>

#include "mem/tag.hpp"

namespace osier::mem {

// Task context, all of it. Nothing waits; every operation but the reports is O(1).
//
// What is given back is verified: a pointer that is none of the heap's, a block given back twice,
// bytes written behind its end, a free block that was written to. Each ends in a panic that names
// the place that the block was asked for at.
class heap {
 public:
  static constexpr std::size_t alignment = 16;  // of every block, at least
  // Sizes of storage that a heap can have: multiples of its alignment, in bytes.
  static constexpr std::size_t least = 4096;
  static constexpr std::size_t most = std::size_t{1} << 30;

  constexpr heap() = default;
  heap(const heap&) = delete;
  heap& operator=(const heap&) = delete;

  // Gives the heap its storage, aligned to 16. Once, at boot.
  void lend(std::span<std::byte> storage);

  // At least `size` bytes at a multiple of `align`, a power of two; nullptr where there are none.
  // Good fit: what is free may be up to a sixteenth larger than asked for and not be found.
  void* allocate(std::size_t size, tag& owner, place where = std::source_location::current(),
                 std::size_t align = alignment);

  // The same, and a panic with the totals of all tags where there are none.
  void* require(std::size_t size, tag& owner, place where = std::source_location::current(),
                std::size_t align = alignment);

  // Gives a block back; nullptr is none.
  void release(void* pointer);

  // The bytes that were asked for with a block.
  std::size_t size_of(const void* pointer) const;

  // A block of another size with as much of the content as fits, for the same tag; the same block
  // where its room allows, else O(size) for the copy. nullptr, and the block as it was, where there
  // are no bytes.
  void* resize(void* pointer, std::size_t size, place where = std::source_location::current());

  // Bytes that no block has, what blocks need beside their own bytes included.
  std::size_t free_bytes() const { return free_bytes_; }
  std::size_t blocks() const { return blocks_; }

  // Whether every block is where its neighbours say, and free ones are joined; a panic where one
  // is overrun. O(blocks).
  bool is_sound() const;

  // A line for each tag that has had memory, in the order in which they first did.
  void print_totals(sink out) const;
  // A line for each block that is not given back. O(blocks). How many.
  std::size_t print_leaks(sink out) const;

 private:
  struct block;
  static constexpr unsigned second_levels = 16;
  static constexpr unsigned first_levels = 24;

  struct list_index {
    unsigned first;
    unsigned second;
  };
  static list_index index_of(std::size_t size);

  block* find(std::size_t size);
  void insert(block& free);
  void remove(block& free);
  void split(block& front, std::size_t size);
  void tell_next(const block& changed);
  static block& whole(std::byte* header, const block& neighbour);
  block* behind(const block& each) const;
  block* before(const block& each) const;
  bool can_begin_at(std::uintptr_t header) const;
  block& taken_block(const void* pointer) const;
  void verify_free(const block& each) const;

  std::span<std::byte> storage_;
  std::size_t free_bytes_ = 0;
  std::size_t blocks_ = 0;
  tag* first_tag_ = nullptr;  // those that have had memory
  tag* last_tag_ = nullptr;
  u32 first_bits_ = 0;  // lists that are not empty
  std::array<u32, first_levels> second_bits_ = {};
  std::array<std::array<block*, second_levels>, first_levels> lists_ = {};
};

}  // namespace osier::mem
