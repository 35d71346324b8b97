// SPDX-License-Identifier: Apache-2.0
// Motorola MC146818 real-time clock (its data sheet), the CMOS clock of a PC: the date.
#pragma once

#include <chrono>

#include "core/diagnostic.hpp"
#include "core/panic.hpp"
#include "core/units.hpp"
#include "mem/mmio.hpp"

namespace osier::mc146818 {

// The two ports, and the registers that are reached by them.
enum offset : std::size_t { index = 0, data = 1, block_end = 2 };
enum number : u8 {
  seconds = 0x00,
  minutes = 0x02,
  hours = 0x04,
  day = 0x07,
  month = 0x08,
  year = 0x09,
  status_a = 0x0a,
  status_b = 0x0b,
  status_d = 0x0d,
};

inline constexpr u8 a_updating = 1 << 7;
inline constexpr u8 b_24_hours = 1 << 1;
inline constexpr u8 b_binary = 1 << 2;
inline constexpr u8 d_valid = 1 << 7;
inline constexpr u8 afternoon = 1 << 7;  // in the hours, where there are 12
inline constexpr int century = 2000;     // the clock has two digits of the year

// What the clock's registers say.
struct reading {
  u8 second, minute, hour, day, month, year;
  friend bool operator==(const reading&, const reading&) = default;
};

// The date that they mean; `form` is status register B.
constexpr std::chrono::sys_seconds date_of(reading read, u8 form) {
  const auto number = [form](u8 value) {
    return (form & b_binary) != 0 ? unsigned{value} : value / 16 * 10u + value % 16;
  };
  unsigned hour = number(read.hour & static_cast<u8>(~afternoon));
  if ((form & b_24_hours) == 0) hour = hour % 12 + ((read.hour & afternoon) != 0 ? 12 : 0);
  const std::chrono::year_month_day date{
      std::chrono::year{century + static_cast<int>(number(read.year))},
      std::chrono::month{number(read.month)}, std::chrono::day{number(read.day)}};
  return std::chrono::sys_days{date} + std::chrono::hours{hour} +
         std::chrono::minutes{number(read.minute)} + std::chrono::seconds{number(read.second)};
}

// `Node`: reg. `Registers`: the bus of the ports, or a fake.
template <class Node, class Registers>
class driver {
 public:
  static consteval diagnostic check() { return mmio::check_block<Node>(Node::reg, block_end, 1); }

  // Checks that the clock has had power all the time.
  static void start() {
    if (const u8 found = get(status_d); (found & d_valid) == 0) {
      panic_at(Node::path, "expected an MC146818 whose time is valid, found status {:#04x}", found);
    }
  }

  // The date, of the years 2000 to 2099. Task context: the index is the clock's only one. Polls for
  // up to 2 ms where the clock is just being updated.
  static std::chrono::sys_seconds now() {
    for (;;) {
      while ((get(status_a) & a_updating) != 0) {
      }
      const reading first = read();
      if (first == read()) return date_of(first, get(status_b));
    }
  }

 private:
  static u8 get(number which) {
    Registers::template write<u8>(index, which);
    return Registers::template read<u8>(data);
  }

  static reading read() {
    return {.second = get(seconds),
            .minute = get(minutes),
            .hour = get(hours),
            .day = get(day),
            .month = get(month),
            .year = get(year)};
  }
};

}  // namespace osier::mc146818
