// SPDX-License-Identifier: Apache-2.0
// with_deadline(): any wait, given up at a moment.
#pragma once

#include <expected>

#include "async/when.hpp"
#include "time/timer.hpp"

namespace osier::time {

// Why there is no result.
struct timed_out {
  friend bool operator==(timed_out, timed_out) = default;
};

// The awaitable of with_deadline(): the wait and a timer, in the frame of the coroutine that waits.
template <class Awaitable>
class [[nodiscard]] bounded {
  using race = async::first_of<std::index_sequence<0, 1>, Awaitable, sleep_until>;
  using awaiter = typename async::detail::awaiter_of<Awaitable>::type;

 public:
  using result = std::expected<decltype(std::declval<awaiter&>().await_resume()), timed_out>;

  bounded(Awaitable&& what, instant when) : race_{std::move(what), sleep_until{when}} {}

  static constexpr bool await_ready() { return false; }
  bool await_suspend(std::coroutine_handle<> caller) { return race_.await_suspend(caller); }

  result await_resume() {
    result found = taken();
    race_.cancel();
    return found;
  }

 private:
  result taken() {
    if (race_.first() != 0) return std::unexpected{timed_out{}};
    if constexpr (std::is_void_v<typename result::value_type>) {
      race_.template take_from<0>();
      return {};
    } else {
      return result{std::in_place, race_.template take_from<0>()};
    }
  }

  race race_;
};

// Waits for something until a moment, at which it is cancelled. What is there at once is taken even
// where the moment has passed, and costs no timer. Task context.
template <class Awaitable>
auto with_deadline(Awaitable&& what, instant when) {
  static_assert(!std::is_lvalue_reference_v<Awaitable>,
                "with_deadline() takes what it waits for by value: move it in");
  return bounded<Awaitable>{std::forward<Awaitable>(what), when};
}

// The same, for at most so long from now.
template <class Awaitable>
auto with_deadline(Awaitable&& what, duration length) {
  return with_deadline(std::forward<Awaitable>(what), after(length));
}

}  // namespace osier::time
