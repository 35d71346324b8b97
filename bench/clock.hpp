// SPDX-License-Identifier: Apache-2.0
// The clock of all that is measured on the host.
#pragma once

#include <chrono>

namespace osier::bench {

using clock = std::chrono::steady_clock;

}  // namespace osier::bench
