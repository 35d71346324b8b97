// SPDX-License-Identifier: Apache-2.0
// Every free page of RAM is taken, written, and given back; then 100,000 operations at random, on
// blocks of all orders, are compared with a model. Status 2, and a line that says what, where
// anything is not as it must be.
#include <algorithm>
#include <array>
#include <bit>

#include "console/log.hpp"
#include "machine.hpp"
#include "mem/buddy.hpp"
#include "memory_map.hpp"

namespace {

constexpr unsigned operations = 100'000;
constexpr u64 seed = 1;

constinit std::array<u64, mem::buddy::words(machine::ram)> words = {};

bool failed = false;

void expect(bool holds, std::string_view what) {
  if (holds) return;
  failed = true;
  log::error("memory: wrong: {}", what);
}

// What the app writes into a page that it has taken: at both ends, so that a page which someone
// else has as well, or which is no RAM, does not keep it.
struct content {
  u64 head;
  std::array<u64, mem::page_size / sizeof(u64) - 2> between;
  u64 tail;
};

content& content_of(u64 page) {
  // SAFETY: a whole page of RAM that the pool gave to us alone.
  return *reinterpret_cast<content*>(static_cast<std::uintptr_t>(page));
}

void write(u64 page, u64 value) {
  content_of(page).head = value;
  content_of(page).tail = ~value ^ page;
}

bool holds(u64 page, u64 value) {
  return content_of(page).head == value && content_of(page).tail == (~value ^ page);
}

void print_ranges(machine::console& console, std::span<const mem::range> ranges,
                  std::string_view what) {
  for (const mem::range& each : ranges) {
    console.print("memory: {:#x}+{:#x} {}, {}\n", each.base, each.size, what, each.path);
  }
}

bool is_touched(std::span<const mem::range> ranges, u64 page) {
  return std::ranges::any_of(ranges, [page](const mem::range& each) {
    return each.base < page + mem::page_size && page < each.base + each.size;
  });
}

// Takes every page, linked from the last to the first, and gives all back; how many.
std::size_t fill_and_free(mem::buddy& pages, std::span<const mem::range> reserved) {
  std::size_t count = 0;
  u64 last = 0;
  while (const auto page = pages.take()) {
    expect(is_touched(machine::ram, *page) && !is_touched(reserved, *page), "a reserved page");
    write(*page, last);
    last = *page;
    ++count;
  }
  expect(pages.free_pages() == 0, "none is left");
  for (std::size_t given = 0; given < count; ++given) {
    const u64 page = last;
    last = content_of(page).head;
    expect(holds(page, last), "a page keeps what is written");
    expect(pages.give(page).has_value(), "a page comes back");
  }
  return count;
}

// Takes and gives blocks at random; the model is what is held, and what each block's first and last
// page were left with.
void at_random(mem::buddy& pages) {
  struct slot {
    u64 block;  // 0: none
    unsigned order;
    u64 value;
    u64 last() const { return block + ((u64{1} << order) - 1) * mem::page_size; }
  };
  static constinit std::array<slot, 512> held = {};
  const std::size_t all = pages.free_pages();
  std::size_t count = 0;  // of pages
  u64 random = seed;
  for (unsigned operation = 0; operation < operations; ++operation) {
    random ^= random << 13;  // xorshift64 (Marsaglia, 2003)
    random ^= random >> 7;
    random ^= random << 17;
    slot& chosen = held[random % held.size()];
    // An order is half as likely as the one below it.
    const auto order = static_cast<unsigned>(std::countr_zero(random >> 32 | u64{1} << 10));
    if (chosen.block != 0) {
      expect(holds(chosen.last(), chosen.value + 1), "the end of a held block stays as it is");
      if (chosen.order > 0) {
        expect(holds(chosen.block, chosen.value), "a held block stays as it is");
      }
      expect(pages.give(std::exchange(chosen.block, 0)).has_value(), "a held block comes back");
      count -= std::size_t{1} << chosen.order;
    } else if (const auto block = pages.take(order)) {
      chosen = {*block, order, random};
      expect(*block % (mem::page_size << order) == 0, "a block is aligned to its size");
      write(chosen.block, chosen.value);
      write(chosen.last(), chosen.value + 1);
      count += std::size_t{1} << order;
    } else {
      expect(order > 0 || count == all, "no page is there only where all are held");
    }
    expect(pages.free_pages() == all - count, "as many are free as the model has");
  }
  for (const slot& each : held) {
    if (each.block != 0) expect(pages.give(each.block).has_value(), "the rest comes back");
  }
}

// Gives back what must not be: how many are refused, each for its reason.
unsigned give_wrongly(mem::buddy& pages, std::span<const mem::range> reserved) {
  const auto is = [](std::expected<void, mem::give_error> result, mem::give_error error) {
    return result == std::unexpected{error} ? 1U : 0U;
  };
  const auto page = pages.take();
  if (!page) return 0;
  unsigned refused = is(pages.give(*page + 8), mem::give_error::no_page);
  refused += is(pages.give(std::ranges::max(machine::ram, {}, &mem::range::base).end()),
                mem::give_error::no_page);
  refused += is(pages.give(reserved.back().base), mem::give_error::reserved);
  expect(pages.give(*page).has_value(), "a page comes back");
  if (const auto two = pages.take(1)) {
    refused += is(pages.give(*two + mem::page_size), mem::give_error::within);
    expect(pages.give(*two).has_value(), "a block comes back");
  }
  refused += is(pages.give(*page), mem::give_error::free);
  return refused;
}

}  // namespace

task<> app_main(machine::console console) {
  const auto reserved = machine::reserved();
  mem::buddy pages{machine::ram, reserved, words};
  const std::size_t free = pages.free_pages();
  print_ranges(console, machine::ram, "is RAM");
  print_ranges(console, reserved, "is reserved");
  console.print("memory: {} of {} pages are free\n", free, pages.pages());

  console.print("memory: {} pages taken and given back, ", fill_and_free(pages, reserved));
  console.print("{} are free\n", pages.free_pages());
  at_random(pages);
  console.print("memory: {} operations as the model says, {} are free\n", operations,
                pages.free_pages());
  console.print("memory: {} of 5 wrong ones refused\n", give_wrongly(pages, reserved));
  expect(pages.free_pages() == free, "as many are free as before");
  platform::end(failed ? 2 : 0);
}
