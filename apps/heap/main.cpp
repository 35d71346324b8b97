// SPDX-License-Identifier: Apache-2.0
// `new`, `malloc` and containers from the image's heap: totals by tag, 100,000 operations at random
// against a model, and a block that is never given back, which the end of the image names. Status
// 2, and a line that says what, where anything is not as it must be.
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <forward_list>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "console/log.hpp"
#include "machine.hpp"
#include "mem/allocator.hpp"
#include "mem/pool.hpp"

namespace {

constexpr unsigned operations = 100'000;

constinit mem::tag of_names{"names"};
constinit mem::tag at_random{"random"};

bool failed = false;

void expect(bool holds, std::string_view what) {
  if (holds) return;
  failed = true;
  log::error("heap: wrong: {}", what);
}

struct node {
  u32 value;
  std::unique_ptr<node> next;
};

struct pair {
  u32 first;
  u32 second;
};

// 1 + 2 + … + 1000 through a vector that grows.
u32 sum_of_vector() {
  std::vector<u32> numbers;
  for (u32 number = 1; number <= 1000; ++number) numbers.push_back(number);
  return std::accumulate(numbers.begin(), numbers.end(), 0U);
}

// The same, with each number in a block of its own.
u32 sum_of_list() {
  std::forward_list<u32> numbers;
  for (u32 number = 1; number <= 1000; ++number) numbers.push_front(number);
  return std::accumulate(numbers.begin(), numbers.end(), 0U);
}

std::string repeated(std::string_view word, unsigned times) {
  std::string text;
  for (unsigned i = 0; i < times; ++i) text.append(word);
  return text;
}

// A call of its own: the compiler may leave out an allocation whose address nobody has.
[[gnu::noinline]] bool is_null(const void* pointer) { return pointer == nullptr; }

using name_vector = std::vector<u32, mem::allocator<u32>>;

// Takes and gives at random; the model is what each block was filled with.
void compare_with_model() {
  struct held {
    std::byte* bytes;
    u32 size;
    std::byte value;
  };
  static constinit std::array<held, 128> blocks = {};
  const auto is_filled = [](const held& each) {
    return std::all_of(each.bytes, each.bytes + each.size,
                       [&each](std::byte found) { return found == each.value; });
  };
  u64 random = 1;
  for (unsigned operation = 0; operation < operations; ++operation) {
    random ^= random << 13;  // xorshift64 (Marsaglia, 2003)
    random ^= random >> 7;
    random ^= random << 17;
    held& chosen = blocks[random % blocks.size()];
    if (chosen.bytes != nullptr) {
      expect(is_filled(chosen), "a block keeps what is written");
      platform::heap().release(std::exchange(chosen.bytes, nullptr));
      continue;
    }
    chosen.size = static_cast<u32>(random >> 32 & 0x7f);
    chosen.value = static_cast<std::byte>(random >> 24 & 0xff);
    // SAFETY: bytes that the heap gave to us alone.
    chosen.bytes = static_cast<std::byte*>(platform::heap().require(chosen.size, at_random));
    std::fill_n(chosen.bytes, chosen.size, chosen.value);
  }
  expect(platform::heap().is_sound(), "the heap is sound");
  for (held& each : blocks) platform::heap().release(each.bytes);
}

}  // namespace

task<> app_main(machine::console console) {
  const std::size_t free = platform::heap().free_bytes();
  console.print("heap: vector {}, list {}\n", sum_of_vector(), sum_of_list());
  console.print("heap: string {}\n", std::string_view{repeated("willow", 5)});
  {
    std::map<std::string, u32> lengths;
    for (const char* word : {"osier", "rod", "basket"}) lengths[word] = repeated(word, 1).size();
    for (const auto& [word, length] : lengths)
      console.print("heap: map {} {}\n", std::string_view{word}, length);
  }
  {
    const name_vector names(100, 7, mem::allocator<u32>{of_names});
    console.print("heap: {} {} bytes in {} block\n", of_names.name(), of_names.bytes(),
                  of_names.blocks());
  }
  {
    static constinit mem::pool<pair, 2> pairs;
    const auto first = pairs.make(1U, 2U), second = pairs.make(3U, 4U);
    console.print("heap: pool {} {} {}\n", first->first, second->second, !pairs.make(5U, 6U));
  }
  auto* grown = static_cast<u32*>(realloc(calloc(4, sizeof(u32)), 400));
  expect(grown != nullptr && grown[0] == 0 && grown[3] == 0, "realloc keeps what calloc cleared");
  ::free(grown);
  expect(is_null(malloc(1U << 24)), "malloc of too much is null");
  expect(is_null(new (std::nothrow) std::byte[1U << 24]), "nothrow new is null");
  compare_with_model();
  console.print("heap: {} operations as the model says, {} bytes lost\n", operations,
                free - platform::heap().free_bytes());
  platform::heap().print_totals(console::output());
  expect(platform::heap().require(24, of_names) != nullptr, "there is memory");
  platform::end(failed ? 2 : 0);
}
