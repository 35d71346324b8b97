// SPDX-License-Identifier: Apache-2.0
// Log lines by level. A level that the app's log-level leaves out costs nothing: no call, no
// string. The others go to the console, and a panic repeats the last of them.
#pragma once

#include "config.hpp"
#include "console/format.hpp"
#include "console/history.hpp"
#include "core/platform.hpp"

namespace osier::log {

enum class level : int { error = 1, warning = 2, info = 3, debug = 4 };

// Where log lines go: to the console, and into what a panic prints again. Any context.
inline sink output() {
  return {[](void*, std::string_view text) {
            platform::console_write(text);
            keep(text);
          },
          nullptr};
}

template <level Level, class... Arguments>
[[gnu::always_inline]] inline void line(const char* prefix, format_string<Arguments...> text,
                                        const Arguments&... arguments) {
  if constexpr (static_cast<int>(Level) <= config::log_level) {
    sink out = output();
    out.write(prefix);
    format_to(out, text, arguments...);
    out.write("\n");
  }
}

// Any context. A line each; the newline is added.
template <class... Arguments>
void error(format_string<Arguments...> text, const Arguments&... arguments) {
  line<level::error>("error: ", text, arguments...);
}
template <class... Arguments>
void warning(format_string<Arguments...> text, const Arguments&... arguments) {
  line<level::warning>("warning: ", text, arguments...);
}
template <class... Arguments>
void info(format_string<Arguments...> text, const Arguments&... arguments) {
  line<level::info>("", text, arguments...);
}
template <class... Arguments>
void debug(format_string<Arguments...> text, const Arguments&... arguments) {
  line<level::debug>("debug: ", text, arguments...);
}

}  // namespace osier::log
