// SPDX-License-Identifier: Apache-2.0
// The value that the stack protector guards return addresses with.
#pragma once

#include "core/units.hpp"

namespace osier {

// Makes the guard differ from boot to boot, by a moment that nobody outside chooses. Once, at boot,
// in a function that never returns.
void seed_stack_guard(u64 moment);

}  // namespace osier
