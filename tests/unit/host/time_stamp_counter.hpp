// SPDX-License-Identifier: Apache-2.0
// The time-stamp counter, for tests on the host.
#pragma once

#include <functional>

#include "core/units.hpp"

namespace osier::arch {

inline std::function<u64()> on_time_stamp;

inline u64 time_stamp() { return on_time_stamp(); }

}  // namespace osier::arch
