// SPDX-License-Identifier: Apache-2.0
// The devicetree that an image was compiled from, as a table: for an app that shows it.
//
// The generated tree.hpp holds the table. Only an app that includes that has it in its image;
// drivers and src/ are given constants by machine.hpp and never look anything up here.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

#include "core/units.hpp"

namespace osier::tree {

// A property; its value as devicetree source writes it, empty for a flag.
struct property {
  std::string_view name;
  std::string_view value;
};

// A range, in bytes: of memory, of registers that a driver is given, or of ports in I/O space.
struct block {
  u64 base;
  u64 size;
  bool ports = false;
};

// What drives a node; no driver: the image leaves it alone.
struct claim {
  std::string_view driver;
  std::string_view role;
  std::optional<u32> interrupt;
  bool by_message = false;  // MSI-X, not a wire
  std::initializer_list<block> registers;
};

// A node. Nodes stand in the order of the tree, a parent ahead of its children.
struct node {
  unsigned depth;  // 0: the root
  std::string_view name;
  std::string_view origin;  // file:line
  tree::claim claim = {};
  std::initializer_list<property> properties;
};

}  // namespace osier::tree
