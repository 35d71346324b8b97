// SPDX-License-Identifier: Apache-2.0
// The console: formatted text to the device behind the role `console`.
#pragma once

#include "boot/phase.hpp"
#include "console/format.hpp"
#include "core/platform.hpp"

namespace osier::console {

// The console as a sink. Any context.
inline sink output() {
  return {[](void*, std::string_view text) { platform::console_write(text); }, nullptr};
}

// What app_main is given for the role: the right to print. Move-only.
class handle {
 public:
  handle() = delete("app_main is given the console: take it as a parameter");
  explicit handle(const boot::phase<boot::entry>& /*only a boot gives it*/) {}
  handle(handle&&) = default;

  // Prints. The format is checked when compiled. Task context; waits only where the queue is full.
  template <class... Arguments>
  void print(format_string<Arguments...> text, const Arguments&... arguments) {
    sink out = output();
    format_to(out, text, arguments...);
  }
};

}  // namespace osier::console
