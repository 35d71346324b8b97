// SPDX-License-Identifier: Apache-2.0
// A message made at compile time, in the shape of the generator's own: `file:line: /node: what;
// why; fix`.
//
// Drivers check their node with it: `static_assert(pl011::check<node>(), pl011::check<node>())`
// prints the message in the devicetree's terms, not the compiler's (P2741).
#pragma once

#include <string_view>

#include "core/units.hpp"

namespace osier {

class diagnostic {
 public:
  // No message: the node is accepted.
  consteval diagnostic() = default;

  // A message about a node; `Node` has `origin` and `path`.
  template <class Node>
  static consteval diagnostic at() {
    diagnostic made;
    return made.add(Node::origin).add(": ").add(Node::path).add(": ");
  }

  consteval diagnostic add(std::string_view text) const {
    diagnostic longer = *this;
    for (char c : text) longer.text_[longer.size_++] = c;
    return longer;
  }

  consteval diagnostic add(u64 number) const {
    char digits[20];
    int count = 0;
    do {
      digits[count++] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    diagnostic longer = *this;
    while (count > 0) longer.text_[longer.size_++] = digits[--count];
    return longer;
  }

  consteval diagnostic add_hex(u64 number) const {
    diagnostic longer = add("0x");
    int shift = 60;
    while (shift > 0 && ((number >> shift) & 0xf) == 0) shift -= 4;
    for (; shift >= 0; shift -= 4) {
      longer.text_[longer.size_++] = "0123456789abcdef"[(number >> shift) & 0xf];
    }
    return longer;
  }

  // What static_assert asks for.
  consteval explicit operator bool() const { return size_ == 0; }
  consteval std::size_t size() const { return size_; }
  consteval const char* data() const { return text_; }

 private:
  char text_[512] = {};
  std::size_t size_ = 0;
};

}  // namespace osier
