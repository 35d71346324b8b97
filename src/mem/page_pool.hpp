// SPDX-License-Identifier: Apache-2.0
// The RAM that nothing else has, page by page: a bit for each page says whether it can be taken.
#pragma once

#include <array>
#include <expected>
#include <optional>
#include <span>
#include <string_view>

#include "arch.hpp"
#include "core/units.hpp"

namespace osier::mem {

inline constexpr std::size_t page_size = 4096;  // bytes

// A range of memory, in bytes, and whose it is.
struct range {
  std::string_view path;
  u64 base;
  u64 size;

  constexpr u64 end() const { return base + size; }
};

// Words of the map of pages; RAM is whole pages.
consteval std::size_t map_words(std::span<const range> ram) {
  u64 pages = 0;
  for (const range& each : ram) pages += each.size / page_size;
  return static_cast<std::size_t>((pages + 63) / 64);
}

// Why a page cannot be given back.
enum class give_error : u8 {
  no_page,   // outside of RAM, or within a page
  reserved,  // never was in the pool
  free,      // is there already
};

// Task context, all of it.
class page_pool {
 public:
  // The pages of `ram` that `reserved` does not touch. The spans and the map, of
  // map_words(ram) words, outlive the pool.
  page_pool(std::span<const range> ram, std::span<const range> reserved, std::span<u64> map);

  // A page that nobody else has, with whatever it holds; nothing where all are taken. Begins where
  // a free page may be, so filling and emptying cost O(1) a page; at worst O(words of the map).
  std::optional<arch::phys_addr> take();

  // Gives a page back, by the address of its first byte. O(ranges).
  std::expected<void, give_error> give(u64 page);

  std::size_t free_count() const { return free_; }
  std::size_t pages() const { return pages_; }

 private:
  std::optional<std::size_t> index_of(u64 address) const;
  u64 address_of(std::size_t index) const;
  bool is_reserved(u64 page) const;

  std::span<const range> ram_;
  std::span<const range> reserved_;
  std::span<u64> map_;     // a bit is 1 where the page cannot be taken
  std::size_t pages_ = 0;  // of RAM
  std::size_t free_ = 0;
  std::size_t first_ = 0;  // no word of the map before this one has a free page
};

}  // namespace osier::mem
