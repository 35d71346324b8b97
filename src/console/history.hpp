// SPDX-License-Identifier: Apache-2.0
// The last log lines, kept for the report of a panic: they may have left the screen long ago.
#pragma once

#include <string_view>

#include "console/format.hpp"

namespace osier::log {

// Keeps a piece of a log line, in place of the oldest. Any context.
void keep(std::string_view text);

// Prints the last lines, each indented by four; nothing where there was none. Interrupts masked.
void print_kept(sink& out);

}  // namespace osier::log
