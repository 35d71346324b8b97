// SPDX-License-Identifier: Apache-2.0
// Prints the tree of its image as devicetree source: what `./configure.py --show` prints on the
// host. Here it comes from the generated tables; the image holds no devicetree.
#include "machine.hpp"
#include "tree.hpp"

namespace {

constexpr unsigned indent = 2;  // columns for each level

void print_line_start(machine::console& console, unsigned depth) {
  for (unsigned column = 0; column < indent * depth; ++column) console.print(" ");
}

// Ends the nodes that are open, down to a depth.
void close(machine::console& console, unsigned open, unsigned depth) {
  while (open-- > depth) {
    print_line_start(console, open);
    console.print("}};\n");
  }
}

void print_claim(machine::console& console, const tree::claim& claim) {
  if (claim.driver.empty()) return;
  console.print("; {}", claim.driver);
  if (!claim.role.empty()) console.print(" as {}", claim.role);
  if (claim.interrupt) {
    console.print(", {} {}", claim.by_message ? "message" : "interrupt", *claim.interrupt);
  }
  for (const tree::block& block : claim.registers) {
    console.print(", {} {:#x}+{:#x}", block.ports ? "ports" : "registers", block.base, block.size);
  }
}

}  // namespace

task<> app_main(machine::console console) {
  console.print("// {}\n/dts-v1/;\n", machine::image_name);
  for (const tree::block& reserved : machine::reservations) {
    console.print("/memreserve/ {:#x} {:#x};\n", reserved.base, reserved.size);
  }
  unsigned open = 0;
  for (const tree::node& node : machine::nodes) {
    close(console, open, node.depth);
    print_line_start(console, node.depth);
    console.print("{} {{  // {}", node.name, node.origin);
    print_claim(console, node.claim);
    console.print("\n");
    open = node.depth + 1;
    for (const tree::property& property : node.properties) {
      print_line_start(console, open);
      console.print("{}{}{};\n", property.name, property.value.empty() ? "" : " = ",
                    property.value);
    }
  }
  close(console, open, 0);
  co_return;
}
