// EXPECT: app_main is given the console: take it as a parameter
// SPDX-License-Identifier: Apache-2.0
// An app has the handles that it was given, and no others.

#include "board.hpp"
#include "console/console.hpp"

void greet([[maybe_unused]] console::handle given) {
#ifndef TWIN
  console::handle mine;
#else
  console::handle mine = std::move(given);
#endif
  mine.print("hello\n");
}
