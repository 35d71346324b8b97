// SPDX-License-Identifier: Apache-2.0
// Whose memory a block of the heap is, and where it was asked for.
#pragma once

#include <source_location>
#include <string_view>

#include "console/format.hpp"
#include "core/units.hpp"

namespace osier::mem {

// A name and its totals: `constinit mem::tag parser{"parser"};`. Lives as long as the heap.
class tag {
 public:
  explicit constexpr tag(std::string_view name) : name_{name} {}
  tag(const tag&) = delete;
  tag& operator=(const tag&) = delete;

  std::string_view name() const { return name_; }
  // Bytes that were asked for and are not given back: now, and at the most.
  std::size_t bytes() const { return bytes_; }
  std::size_t peak() const { return peak_; }
  std::size_t blocks() const { return blocks_; }

 private:
  friend class heap;

  std::string_view name_;
  std::size_t bytes_ = 0;
  std::size_t peak_ = 0;
  std::size_t blocks_ = 0;
  tag* next_ = nullptr;  // among those that the heap knows
  bool known_ = false;
};

// Where a block was asked for: a line of the source, or the code that a call returns to. Printed as
// `app/main.cpp:12` or `app_main + 0x1c`.
class place {
 public:
  constexpr place(std::source_location line)
      : line_{line} {}  // implicit: a default argument is one
  static place caller(const void* return_address) {
    // SAFETY: the address is printed and never accessed.
    return place{reinterpret_cast<std::uintptr_t>(return_address)};
  }

 private:
  friend void format_value(sink& out, const format_spec& spec, const place& where);
  explicit place(std::uintptr_t code) : line_{}, code_{code} {}

  std::source_location line_;
  std::uintptr_t code_ = 0;  // 0: the line says it
};

}  // namespace osier::mem
