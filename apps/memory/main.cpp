// SPDX-License-Identifier: Apache-2.0
// Every free page of RAM is taken, written, and given back; then 100,000 operations at random are
// compared with a model. Status 2, and a line that says what, where anything is not as it must be.
#include <algorithm>
#include <array>

#include "console/log.hpp"
#include "machine.hpp"
#include "mem/page_pool.hpp"
#include "memory_map.hpp"

namespace {

constexpr unsigned operations = 100'000;
constexpr u64 seed = 1;

constinit std::array<u64, mem::map_words(machine::ram)> map = {};

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
std::size_t fill_and_free(mem::page_pool& pages, std::span<const mem::range> reserved) {
  std::size_t count = 0;
  u64 last = 0;
  while (const auto page = pages.take()) {
    expect(is_touched(machine::ram, *page) && !is_touched(reserved, *page), "a reserved page");
    write(*page, last);
    last = *page;
    ++count;
  }
  expect(pages.free_count() == 0, "none is left");
  for (std::size_t given = 0; given < count; ++given) {
    const u64 page = last;
    last = content_of(page).head;
    expect(holds(page, last), "a page keeps what is written");
    expect(pages.give(page).has_value(), "a page comes back");
  }
  return count;
}

// Takes and gives at random; the model is what is held, and what each page was left with.
void at_random(mem::page_pool& pages) {
  struct slot {
    u64 page;  // 0: none
    u64 value;
  };
  static constinit std::array<slot, 512> held = {};
  const std::size_t all = pages.free_count();
  std::size_t count = 0;
  u64 random = seed;
  for (unsigned operation = 0; operation < operations; ++operation) {
    random ^= random << 13;  // xorshift64 (Marsaglia, 2003)
    random ^= random >> 7;
    random ^= random << 17;
    slot& chosen = held[random % held.size()];
    if (chosen.page != 0) {
      expect(holds(chosen.page, chosen.value), "a held page stays as it is");
      expect(pages.give(std::exchange(chosen.page, 0)).has_value(), "a held page comes back");
      --count;
    } else if (const auto page = pages.take()) {
      chosen = {*page, random};
      write(*page, random);
      ++count;
    } else {
      expect(count == all, "no page is there only where all are held");
    }
    expect(pages.free_count() == all - count, "as many are free as the model has");
  }
  for (const slot& each : held) {
    if (each.page != 0) expect(pages.give(each.page).has_value(), "the rest comes back");
  }
}

// Gives back what must not be: how many are refused, each for its reason.
unsigned give_wrongly(mem::page_pool& pages, std::span<const mem::range> reserved) {
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
  refused += is(pages.give(*page), mem::give_error::free);
  return refused;
}

}  // namespace

task<> app_main(machine::console console) {
  const auto reserved = machine::reserved();
  mem::page_pool pages{machine::ram, reserved, map};
  const std::size_t free = pages.free_count();
  print_ranges(console, machine::ram, "is RAM");
  print_ranges(console, reserved, "is reserved");
  console.print("memory: {} of {} pages are free\n", free, pages.pages());

  console.print("memory: {} pages taken and given back, ", fill_and_free(pages, reserved));
  console.print("{} are free\n", pages.free_count());
  at_random(pages);
  console.print("memory: {} operations as the model says, {} are free\n", operations,
                pages.free_count());
  console.print("memory: {} of 4 wrong ones refused\n", give_wrongly(pages, reserved));
  expect(pages.free_count() == free, "as many are free as before");
  platform::end(failed ? 2 : 0);
}
