// SPDX-License-Identifier: Apache-2.0
// The formatter, against std::snprintf and by example.

#include "console/format.hpp"

#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace sample {

struct ipv4 {
  std::uint8_t bytes[4];
};

void format_value(osier::sink& out, const osier::format_spec&, const ipv4& address) {
  const auto& b = address.bytes;
  format_to(out, "{}.{}.{}.{}", b[0], b[1], b[2], b[3]);
}

struct physical_address {
  using format_like = std::uint64_t;
  std::uint64_t value;
};

void format_value(osier::sink& out, const osier::format_spec& spec,
                  const physical_address& address) {
  format_value(out, spec, address.value);
}

enum class color { red, green };

void format_value(osier::sink& out, const osier::format_spec& spec, const color& value) {
  if (value == color::red) {
    format_value(out, spec, "red");
  } else {
    format_value(out, spec, std::string_view("green"));
  }
}

}  // namespace sample

namespace osier {
namespace {

sink sink_into(std::string& text) {
  return sink([](void* context,
                 std::string_view piece) { static_cast<std::string*>(context)->append(piece); },
              &text);
}

template <typename... Args>
std::string formatted(format_string<Args...> format, const Args&... args) {
  std::string text;
  sink out = sink_into(text);
  format_to(out, format, args...);
  return text;
}

template <typename... Args>
std::string printed(const char* format, Args... args) {
  char text[160];
  std::snprintf(text, sizeof(text), format, args...);
  return text;
}

// The edges of every width, and random values of every magnitude.
std::vector<std::uint64_t> interesting_values() {
  std::vector<std::uint64_t> values = {0};
  for (int bit = 0; bit < 64; ++bit) {
    const auto power = std::uint64_t{1} << bit;
    values.insert(values.end(), {power - 1, power, power + 1, 0 - power});
  }
  for (std::uint64_t power = 10; power < 10'000'000'000'000'000'000U; power *= 10) {
    values.insert(values.end(), {power - 1, power, 0 - power});
  }
  std::mt19937_64 random(1);
  for (int i = 0; i < 5000; ++i) values.push_back(random() >> (random() % 64));
  return values;
}

TEST(format, unsigned_integers_match_snprintf) {
  for (const std::uint64_t value : interesting_values()) {
    EXPECT_EQ(formatted("{}", value), printed("%" PRIu64, value));
    EXPECT_EQ(formatted("{:d}", value), printed("%" PRIu64, value));
    EXPECT_EQ(formatted("{:x}", value), printed("%" PRIx64, value));
    EXPECT_EQ(formatted("{:X}", value), printed("%" PRIX64, value));
    EXPECT_EQ(formatted("{:#x}", value), printed("0x%" PRIx64, value));
    EXPECT_EQ(formatted("{:12}", value), printed("%12" PRIu64, value));
    EXPECT_EQ(formatted("{:>12}", value), printed("%12" PRIu64, value));
    EXPECT_EQ(formatted("{:<12}|", value), printed("%-12" PRIu64 "|", value));
    EXPECT_EQ(formatted("{:012}", value), printed("%012" PRIu64, value));
    EXPECT_EQ(formatted("{:08x}", value), printed("%08" PRIx64, value));
    EXPECT_EQ(formatted("{:<20X}|", value), printed("%-20" PRIX64 "|", value));
    // printf writes no prefix before a zero.
    EXPECT_EQ(formatted("{:#010x}", value), printed("0x%08" PRIx64, value));
  }
}

TEST(format, signed_integers_match_snprintf) {
  for (const std::uint64_t bits : interesting_values()) {
    const auto value = static_cast<std::int64_t>(bits);
    EXPECT_EQ(formatted("{}", value), printed("%" PRId64, value));
    EXPECT_EQ(formatted("{:21}", value), printed("%21" PRId64, value));
    EXPECT_EQ(formatted("{:<21}|", value), printed("%-21" PRId64 "|", value));
    EXPECT_EQ(formatted("{:021}", value), printed("%021" PRId64, value));
  }
}

TEST(format, every_integer_size) {
  for (const std::uint64_t bits : interesting_values()) {
    const auto i8 = static_cast<std::int8_t>(bits);
    const auto u8 = static_cast<std::uint8_t>(bits);
    const auto i16 = static_cast<std::int16_t>(bits);
    const auto u16 = static_cast<std::uint16_t>(bits);
    const auto i32 = static_cast<std::int32_t>(bits);
    const auto u32 = static_cast<std::uint32_t>(bits);
    const auto l = static_cast<long>(bits);
    const auto ull = static_cast<unsigned long long>(bits);
    EXPECT_EQ(formatted("{} {} {} {} {} {} {} {}", i8, u8, i16, u16, i32, u32, l, ull),
              printed("%d %u %d %u %d %u %ld %llu", i8, u8, i16, u16, i32, u32, l, ull));
  }
}

TEST(format, widths_up_to_the_limit) {
  EXPECT_EQ(formatted("{:99}", 7), std::string(98, ' ') + "7");
  EXPECT_EQ(formatted("{:099}", -7), "-" + std::string(97, '0') + "7");
  EXPECT_EQ(formatted("{:#099b}", 1), "0b" + std::string(96, '0') + "1");
  EXPECT_EQ(formatted("{:<99}", "ab"), "ab" + std::string(97, ' '));
}

TEST(format, binary) {
  EXPECT_EQ(formatted("{:b}", 0), "0");
  EXPECT_EQ(formatted("{:b}", 10), "1010");
  EXPECT_EQ(formatted("{:#b}", 10), "0b1010");
  EXPECT_EQ(formatted("{:#010b}", 10), "0b00001010");
  EXPECT_EQ(formatted("{:b}", ~std::uint64_t{0}), std::string(64, '1'));
  EXPECT_EQ(formatted("{:#b}", std::numeric_limits<std::int64_t>::min()),
            "-0b1" + std::string(63, '0'));
}

TEST(format, a_negative_number_in_hexadecimal_keeps_its_sign) {
  EXPECT_EQ(formatted("{:x}", -42), "-2a");
  EXPECT_EQ(formatted("{:#06X}", -42), "-0X02A");
  EXPECT_EQ(formatted("{:#x}", std::numeric_limits<std::int64_t>::min()), "-0x8000000000000000");
}

TEST(format, strings) {
  const char* const pointer = "pointer";
  char array[] = "array";
  const std::string_view view = std::string_view("viewed").substr(0, 4);
  EXPECT_EQ(formatted("{} {} {} {}", "literal", pointer, array, view),
            "literal pointer array view");
  EXPECT_EQ(formatted("[{:6}][{:<6}][{:>6}][{:2}]", view, view, view, view),
            "[view  ][view  ][  view][view]");
  EXPECT_EQ(formatted("[{}]", ""), "[]");
  EXPECT_EQ(formatted("{}", std::string_view("a\0b", 3)), std::string("a\0b", 3));
  EXPECT_EQ(formatted("{}", static_cast<const char*>(nullptr)), "(null)");
}

TEST(format, characters_and_booleans) {
  EXPECT_EQ(formatted("{}{:3}{:>3}", 'a', 'b', 'c'), "ab    c");
  EXPECT_EQ(formatted("{}", '\xff'), "\xff");
  EXPECT_EQ(formatted("{} {}", true, false), "true false");
  EXPECT_EQ(formatted("[{:6}][{:>6}]", true, false), "[true  ][ false]");
}

TEST(format, pointers) {
  int object = 0;
  volatile int* const device = &object;
  EXPECT_EQ(formatted("{}", &object), printed("%p", static_cast<void*>(&object)));
  EXPECT_EQ(formatted("{}", device), printed("%p", static_cast<void*>(&object)));
  EXPECT_EQ(formatted("{}", nullptr), "0x0");
  EXPECT_EQ(formatted("[{:5}][{:<5}]", nullptr, nullptr), "[  0x0][0x0  ]");
}

TEST(format, braces) {
  EXPECT_EQ(formatted(""), "");
  EXPECT_EQ(formatted("plain"), "plain");
  EXPECT_EQ(formatted("{{}}"), "{}");
  EXPECT_EQ(formatted("{{{}}}", 1), "{1}");
  EXPECT_EQ(formatted("a{{b}}c{}d{{", 1), "a{b}c1d{");
}

TEST(format, user_types) {
  EXPECT_EQ(formatted("at {}!", sample::ipv4{{10, 0, 2, 15}}), "at 10.0.2.15!");
  EXPECT_EQ(formatted("{} {:#010x}", sample::physical_address{9}, sample::physical_address{0x9000}),
            "9 0x00009000");
  EXPECT_EQ(formatted("{} {}", sample::color::red, sample::color::green), "red green");
}

TEST(format, text_goes_out_in_as_few_pieces_as_it_has) {
  int pieces = 0;
  sink out([](void* count, std::string_view) { ++*static_cast<int*>(count); }, &pieces);
  format_to(out, "irq {} at {}\n", 33, 0);
  EXPECT_EQ(pieces, 5);
}

}  // namespace
}  // namespace osier
