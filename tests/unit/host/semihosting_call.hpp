// SPDX-License-Identifier: Apache-2.0
// The debugger or emulator around a program, for tests on the host.
#pragma once

#include <functional>

#include "core/units.hpp"

namespace osier::arch {

inline std::function<u64(u64 operation, const void* parameters)> on_semihosting_call;

inline u64 semihosting_call(u64 operation, const void* parameters) {
  return on_semihosting_call(operation, parameters);
}

}  // namespace osier::arch
