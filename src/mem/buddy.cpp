// SPDX-License-Identifier: Apache-2.0
// The buddy allocator.
#include "mem/buddy.hpp"

#include <algorithm>
#include <bit>

namespace osier::mem {
namespace {

constexpr u64 page_down(u64 address) { return address / page_size * page_size; }
constexpr u64 page_up(u64 address) { return page_down(address + page_size - 1); }

// The first address from `at` on that no reservation's pages have.
u64 skip_reserved(std::span<const range> reserved, u64 at) {
  for (bool moved = true; moved;) {
    moved = false;
    for (const range& each : reserved) {
      if (each.size == 0 || at < page_down(each.base) || at >= page_up(each.end())) continue;
      at = page_up(each.end());
      moved = true;
    }
  }
  return at;
}

// Where the first reservation behind `at` begins, or the end.
u64 next_reserved(std::span<const range> reserved, u64 at, u64 end) {
  for (const range& each : reserved) {
    if (each.size != 0 && each.base >= at) end = std::min(end, page_down(each.base));
  }
  return end;
}

}  // namespace

static_assert(page_numbers::block == 1U << (buddy::orders - 1));

buddy::buddy(std::span<const range> ram, std::span<const range> reserved, std::span<u64> words)
    : ram_{ram} {
  const std::size_t largest = largest_blocks(ram);
  for (unsigned order = 0; order < orders; ++order) {
    const std::size_t bound = largest << (orders - 1 - order);
    blocks_[order].free = {words.first(bit_tree::words(bound)), bound};
    words = words.subspan(bit_tree::words(bound));
    blocks_[order].taken = words.first(plain_words(bound));
    words = words.subspan(plain_words(bound));
  }
  page_numbers numbers;
  for (const range& each : ram_) {
    pages_ += static_cast<std::size_t>(each.size / page_size);
    const u64 first = numbers.first_of(each);
    u64 at = skip_reserved(reserved, each.base);
    while (at < each.end()) {
      const u64 end = next_reserved(reserved, at, each.end());
      add(at, end, first + (at - each.base) / page_size);
      at = skip_reserved(reserved, end);
    }
  }
}

// Free pages, as the largest blocks that they are made of.
void buddy::add(u64 base, u64 end, u64 number) {
  for (u64 left = (end - base) / page_size; left != 0;) {
    const auto alignment = static_cast<unsigned>(std::countr_zero(number));
    const auto fitting = static_cast<unsigned>(std::bit_width(left)) - 1;
    const unsigned order = std::min({alignment, fitting, orders - 1});
    join(static_cast<std::size_t>(number >> order), order);
    number += u64{1} << order;
    left -= u64{1} << order;
  }
}

void buddy::join(std::size_t block, unsigned order) {
  free_pages_ += std::size_t{1} << order;
  while (order < orders - 1 && blocks_[order].free.contains(block ^ 1)) {
    blocks_[order].free.erase(block ^ 1);
    block /= 2;
    ++order;
  }
  blocks_[order].free.insert(block);
}

std::optional<arch::phys_addr> buddy::take(unsigned order) {
  for (unsigned from = order; from < orders; ++from) {
    const std::optional<std::size_t> found = blocks_[from].free.first();
    if (!found) continue;
    std::size_t block = *found;
    blocks_[from].free.erase(block);
    for (; from > order; --from) {
      block *= 2;
      blocks_[from - 1].free.insert(block + 1);
    }
    blocks_[order].flip_taken(block);
    free_pages_ -= std::size_t{1} << order;
    return static_cast<arch::phys_addr>(address_of(block << order));
  }
  return std::nullopt;
}

std::expected<void, give_error> buddy::give(u64 address) {
  const std::optional<std::size_t> page = number_of(address);
  if (!page) return std::unexpected{give_error::no_page};
  for (unsigned order = 0; order < orders; ++order) {
    const std::size_t block = *page >> order;
    if (block << order != *page) break;
    if (!blocks_[order].is_taken(block)) continue;
    blocks_[order].flip_taken(block);
    join(block, order);
    return {};
  }
  return std::unexpected{why_not(*page)};
}

// Of a page that no taken block begins with.
give_error buddy::why_not(std::size_t page) const {
  for (unsigned order = 0; order < orders; ++order) {
    if (blocks_[order].free.contains(page >> order)) return give_error::free;
    if (blocks_[order].is_taken(page >> order)) return give_error::within;
  }
  return give_error::reserved;
}

std::optional<std::size_t> buddy::number_of(u64 address) const {
  page_numbers numbers;
  for (const range& each : ram_) {
    const u64 first = numbers.first_of(each);
    if (address < each.base || address >= each.end()) continue;
    if (address % page_size != 0) return std::nullopt;
    return static_cast<std::size_t>(first + (address - each.base) / page_size);
  }
  return std::nullopt;
}

u64 buddy::address_of(std::size_t number) const {
  page_numbers numbers;
  for (const range& each : ram_) {
    const u64 first = numbers.first_of(each);
    if (number >= first && number - first < each.size / page_size) {
      return each.base + (number - first) * page_size;
    }
  }
  return 0;  // only pages of RAM are ever free
}

}  // namespace osier::mem
