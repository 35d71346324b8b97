// SPDX-License-Identifier: Apache-2.0
// The baud rates that a UART makes of its clock: clock / (16 × divisor).
#pragma once

#include "core/diagnostic.hpp"
#include "core/units.hpp"

namespace osier::console {

// Both ends together may be 5 % off, or the last of a character's ten bits is missed: half is ours.
inline constexpr u64 tolerated_permille = 25;
inline constexpr u64 largest_divisor = 65535;

// The divisor, counted in 1/parts, that comes nearest to a rate. 0 where there is none.
constexpr u64 divisor(hertz clock, u64 baud, u64 parts) {
  return baud == 0 ? 0 : (clock.value * parts + 8 * baud) / (16 * baud);
}

// Refuses a node whose current_speed its UART does not make, or not well enough for the other end.
// `Node`: path, origin, clock, current_speed.
template <class Node>
consteval diagnostic check_baud(u64 parts) {
  constexpr u64 wanted = Node::current_speed;
  const u64 steps = divisor(Node::clock, wanted, parts);
  const diagnostic said =
      diagnostic::at<Node>().add("current-speed is ").add(wanted).add(" baud; the UART ");
  if (steps < parts || steps > largest_divisor * parts) {
    return said.add("divides its clock of ")
        .add(Node::clock.value)
        .add(" Hz by 16 to 1048560; choose ")
        .add(Node::clock.value / (16 * largest_divisor) + 1)
        .add(" to ")
        .add(Node::clock.value / 16);
  }
  const u64 made = (Node::clock.value * parts + 8 * steps) / (16 * steps);
  const u64 off = made > wanted ? made - wanted : wanted - made;
  if (off * 1000 > wanted * tolerated_permille) {
    return said.add("makes ")
        .add(made)
        .add(" of its clock of ")
        .add(Node::clock.value)
        .add(" Hz, more than 2.5 % off; nearest: ")
        .add(made);
  }
  return {};
}

}  // namespace osier::console
