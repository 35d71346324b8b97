// SPDX-License-Identifier: Apache-2.0
// Waiting for several things at once: when_any() for the first of them, when_all() for every one.
//
// Both take awaitables by value and keep them in the frame of the coroutine that waits: neither
// needs a coroutine frame, a list or a queue of its own, so neither can fail. A task that is passed
// has its own frame, as ever. All code is task context.
#pragma once

#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "async/continuation.hpp"

namespace osier::async {

namespace detail {

template <class Awaitable>
concept converted_to_await = requires(Awaitable what) { std::move(what).operator co_await(); };

// What co_await calls: the awaitable itself, or what its operator gives.
template <class Awaitable>
struct awaiter_of {
  using type = Awaitable;
};
template <converted_to_await Awaitable>
struct awaiter_of<Awaitable> {
  using type = decltype(std::declval<Awaitable>().operator co_await());
};

// One of the things that a group waits for. A `Group` has finish<Index>().
template <class Group, std::size_t Index, class Awaitable>
class branch : private continuation {
  using awaiter = typename awaiter_of<Awaitable>::type;
  using outcome = decltype(std::declval<awaiter&>().await_resume());

 public:
  // The outcome as a value: void becomes std::monostate.
  using value = std::conditional_t<std::is_void_v<outcome>, std::monostate, outcome>;

  explicit branch(Awaitable&& what) : continuation{wake}, what_{std::move(what)} {}
  branch(branch&&) = default;

  // Begins to wait. False where that was not needed; a task may have run to its end already.
  bool start(Group& group) {
    group_ = &group;
    if constexpr (converted_to_await<Awaitable>) {
      awaiter_.emplace(made_by{*what_});
    }
    awaiter& waiting = get();
    if (waiting.await_ready()) return false;
    using suspension = decltype(waiting.await_suspend(handle()));
    if constexpr (std::is_void_v<suspension>) {
      waiting.await_suspend(handle());
      return true;
    } else if constexpr (std::is_same_v<suspension, bool>) {
      return waiting.await_suspend(handle());
    } else {
      waiting.await_suspend(handle()).resume();
      return true;
    }
  }

  // What the wait gave. Once, after it is over.
  value take() {
    if constexpr (std::is_void_v<outcome>) {
      get().await_resume();
      return {};
    } else {
      return get().await_resume();
    }
  }

  // Ends the wait: a task is destroyed where it stands.
  void cancel() {
    awaiter_.reset();
    what_.reset();
  }

 private:
  // Lets optional construct an awaiter that cannot be moved.
  struct made_by {
    Awaitable& what;
    operator awaiter() const { return std::move(what).operator co_await(); }
  };
  struct none {
    void reset() {}
  };

  awaiter& get() {
    if constexpr (converted_to_await<Awaitable>) {
      return *awaiter_;
    } else {
      return *what_;
    }
  }

  static void wake(continuation& self) {
    // SAFETY: a branch alone is constructed with this function.
    static_cast<branch&>(self).group_->template finish<Index>();
  }

  Group* group_ = nullptr;
  std::optional<Awaitable> what_;
  [[no_unique_address]] std::conditional_t<converted_to_await<Awaitable>, std::optional<awaiter>,
                                           none> awaiter_;
};

}  // namespace detail

template <class Indices, class... Awaitables>
class first_of;

// The awaitable of when_any(). May be moved until it is awaited, and so stand in another group.
template <std::size_t... Index, class... Awaitables>
class [[nodiscard]] first_of<std::index_sequence<Index...>, Awaitables...> {
  template <std::size_t I, class Awaitable>
  using branch = detail::branch<first_of, I, Awaitable>;

 public:
  using result = std::variant<typename branch<Index, Awaitables>::value...>;

  explicit first_of(Awaitables&&... what)
      : branches_{branch<Index, Awaitables>{std::move(what)}...} {}

  static constexpr bool await_ready() { return false; }

  // Starts the waits in turn, until one is over.
  bool await_suspend(std::coroutine_handle<> caller) {
    (start<Index>() && ...);
    if (first_ != none) return false;
    caller_ = caller;
    return true;
  }

  result await_resume() {
    result found = take<0>();
    cancel();
    return found;
  }

  // For what gives the result another form: which wait is over, what it gave, and the end of the
  // others.
  std::size_t first() const { return first_; }
  template <std::size_t I>
  auto take_from() {
    return std::get<I>(branches_).take();
  }
  void cancel() { (std::get<Index>(branches_).cancel(), ...); }

 private:
  template <class, std::size_t, class>
  friend class detail::branch;
  static constexpr std::size_t none = sizeof...(Index);

  template <std::size_t I>
  bool start() {
    if (!std::get<I>(branches_).start(*this)) first_ = I;
    return first_ == none;
  }

  // While the waits are being started the caller is not suspended yet.
  template <std::size_t I>
  void finish() {
    first_ = I;
    if (caller_) caller_.resume();
  }

  template <std::size_t I>
  result take() {
    if constexpr (I + 1 < sizeof...(Index)) {
      if (first_ != I) return take<I + 1>();
    }
    return result{std::in_place_index<I>, take_from<I>()};
  }

  std::tuple<branch<Index, Awaitables>...> branches_;
  std::size_t first_ = none;
  std::coroutine_handle<> caller_;
};

template <class Indices, class... Awaitables>
class every_one_of;

// The awaitable of when_all(). May be moved until it is awaited, and so stand in another group.
template <std::size_t... Index, class... Awaitables>
class [[nodiscard]] every_one_of<std::index_sequence<Index...>, Awaitables...> {
  template <std::size_t I, class Awaitable>
  using branch = detail::branch<every_one_of, I, Awaitable>;

 public:
  using result = std::tuple<typename branch<Index, Awaitables>::value...>;

  explicit every_one_of(Awaitables&&... what)
      : branches_{branch<Index, Awaitables>{std::move(what)}...} {}

  static constexpr bool await_ready() { return false; }

  // Starts the waits in turn.
  bool await_suspend(std::coroutine_handle<> caller) {
    (start<Index>(), ...);
    if (waiting_ == 0) return false;
    caller_ = caller;
    return true;
  }

  result await_resume() { return result{*std::move(std::get<Index>(values_))...}; }

 private:
  template <class, std::size_t, class>
  friend class detail::branch;

  template <std::size_t I>
  void start() {
    if (!std::get<I>(branches_).start(*this)) finish<I>();
  }

  // Keeps the value, so that one that is abandoned after all frees what it was given.
  template <std::size_t I>
  void finish() {
    auto& over = std::get<I>(branches_);
    std::get<I>(values_).emplace(over.take());
    over.cancel();
    if (--waiting_ == 0 && caller_) caller_.resume();
  }

  std::tuple<branch<Index, Awaitables>...> branches_;
  std::tuple<std::optional<typename branch<Index, Awaitables>::value>...> values_;
  std::size_t waiting_ = sizeof...(Index);
  std::coroutine_handle<> caller_;
};

// Waits for the first of several things; the others are cancelled before it goes on. They are
// started in the order of the arguments, and not at all behind one that is over at once. Gives a
// std::variant, whose index says which it was.
template <class... Awaitables>
auto when_any(Awaitables&&... what) {
  static_assert(sizeof...(what) > 0 && (!std::is_lvalue_reference_v<Awaitables> && ...),
                "when_any() takes what it waits for by value: move it in");
  return first_of<std::index_sequence_for<Awaitables...>, Awaitables...>{
      std::forward<Awaitables>(what)...};
}

// Waits for all of several things, which are started in the order of the arguments. Gives a
// std::tuple.
template <class... Awaitables>
auto when_all(Awaitables&&... what) {
  static_assert(sizeof...(what) > 0 && (!std::is_lvalue_reference_v<Awaitables> && ...),
                "when_all() takes what it waits for by value: move it in");
  return every_one_of<std::index_sequence_for<Awaitables...>, Awaitables...>{
      std::forward<Awaitables>(what)...};
}

}  // namespace osier::async

namespace osier {
using async::when_all;
using async::when_any;
}  // namespace osier
