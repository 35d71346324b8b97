// SPDX-License-Identifier: Apache-2.0
// The pool of pages.
#include "mem/page_pool.hpp"

#include <algorithm>
#include <bit>

namespace osier::mem {
namespace {

constexpr u64 bit_of(std::size_t index) { return u64{1} << index % 64; }

}  // namespace

page_pool::page_pool(std::span<const range> ram, std::span<const range> reserved,
                     std::span<u64> map)
    : ram_{ram}, reserved_{reserved}, map_{map} {
  std::ranges::fill(map_, ~u64{0});
  for (const range& each : ram_) {
    arch::map_memory(each.base, each.size);
    for (u64 page = each.base; page < each.end(); page += page_size, ++pages_) {
      if (is_reserved(page)) continue;
      map_[pages_ / 64] &= ~bit_of(pages_);
      ++free_;
    }
  }
}

std::optional<arch::phys_addr> page_pool::take() {
  for (; first_ < map_.size(); ++first_) {
    u64& word = map_[first_];
    if (word == ~u64{0}) continue;
    const std::size_t index = first_ * 64 + static_cast<std::size_t>(std::countr_one(word));
    word |= bit_of(index);
    --free_;
    return static_cast<arch::phys_addr>(address_of(index));
  }
  return std::nullopt;
}

std::expected<void, give_error> page_pool::give(u64 page) {
  const std::optional<std::size_t> index = index_of(page);
  if (!index) return std::unexpected{give_error::no_page};
  if (is_reserved(page)) return std::unexpected{give_error::reserved};
  u64& word = map_[*index / 64];
  if ((word & bit_of(*index)) == 0) return std::unexpected{give_error::free};
  word &= ~bit_of(*index);
  first_ = std::min(first_, *index / 64);
  ++free_;
  return {};
}

std::optional<std::size_t> page_pool::index_of(u64 address) const {
  std::size_t before = 0;
  for (const range& each : ram_) {
    if (address >= each.base && address < each.end()) {
      const u64 offset = address - each.base;
      if (offset % page_size != 0) return std::nullopt;
      return before + static_cast<std::size_t>(offset / page_size);
    }
    before += static_cast<std::size_t>(each.size / page_size);
  }
  return std::nullopt;
}

u64 page_pool::address_of(std::size_t index) const {
  std::size_t rest = index;
  for (const range& each : ram_) {
    const auto here = static_cast<std::size_t>(each.size / page_size);
    if (rest < here) return each.base + rest * page_size;
    rest -= here;
  }
  return 0;  // no bit beyond the last page is ever free
}

bool page_pool::is_reserved(u64 page) const {
  return std::ranges::any_of(reserved_, [page](const range& each) {
    return each.base < page + page_size && page < each.end();
  });
}

}  // namespace osier::mem
