// SPDX-License-Identifier: Apache-2.0
// task<T>: a coroutine that starts when it is awaited or spawned, and gives a T when it ends.
#pragma once

#include <concepts>
#include <coroutine>
#include <optional>
#include <type_traits>
#include <utility>

#include "async/frames.hpp"
#include "async/waiter.hpp"
#include "core/panic.hpp"
#include "core/units.hpp"
#include "irq/line.hpp"

namespace osier::async {

template <class T = void>
class task;

namespace detail {

// What all promises share: who waits for the end, and what happens there.
class promise_base {
 public:
  static std::suspend_always initial_suspend() noexcept { return {}; }

  // At the end the one who waits goes on; a spawned task, which nobody awaits, frees its frame.
  struct final_awaiter {
    static bool await_ready() noexcept { return false; }
    template <class Promise>
    static std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept {
      if (std::coroutine_handle<> next = ended.promise().continuation_) return next;
      ended.destroy();
      return std::noop_coroutine();
    }
    static void await_resume() noexcept {}
  };
  static final_awaiter final_suspend() noexcept { return {}; }
  [[noreturn]] static void unhandled_exception() noexcept { __builtin_trap(); }

  // Notes the line of each co_await before it waits: a debugger finds it in the frame.
  template <class Awaitable>
  Awaitable&& await_transform(Awaitable&& what, u32 line = __builtin_LINE()) noexcept {
    line_ = line;
    return std::forward<Awaitable>(what);
  }

  void continue_with(std::coroutine_handle<> continuation) { continuation_ = continuation; }
  waiter& start_waiter() { return start_; }

 private:
  std::coroutine_handle<> continuation_;
  waiter start_;
  u32 line_ = 0;  // of the last co_await; 0: none yet
};

template <class T>
class promise : public promise_base, public in_slot<promise<T>> {
 public:
  task<T> get_return_object() noexcept;
  static task<T> get_return_object_on_allocation_failure() noexcept;
  void return_value(T value) { value_.emplace(std::move(value)); }
  T take() { return std::move(*value_); }

 private:
  std::optional<T> value_;
};

template <>
class promise<void> : public promise_base, public in_slot<promise<void>> {
 public:
  task<void> get_return_object() noexcept;
  static task<void> get_return_object_on_allocation_failure() noexcept;
  static void return_void() {}
  static void take() {}
};

}  // namespace detail

// Owns the coroutine until it is awaited or spawned. Move-only. A task whose frame found no slot is
// false; spawn() says so, and awaiting it is a panic that names the limit.
template <class T>
class [[nodiscard("a task has not begun until it is awaited or spawned: co_await it")]] task {
 public:
  using promise_type = detail::promise<T>;

  task(task&& other) noexcept : coroutine_{std::exchange(other.coroutine_, {})} {}
  ~task() {
    if (coroutine_) coroutine_.destroy();
  }

  explicit operator bool() const { return static_cast<bool>(coroutine_); }

  // Runs the task now, inside the caller's turn, and continues the caller when it ends.
  auto operator co_await() && {
    struct awaiter {
      std::coroutine_handle<promise_type> coroutine;
      static bool await_ready() { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) {
        coroutine.promise().continue_with(caller);
        return coroutine;
      }
      T await_resume() { return coroutine.promise().take(); }
    };
    if (!coroutine_) panic("no coroutine frame left; raise frame-count in app.dtsi");
    return awaiter{coroutine_};
  }

  // Gives the coroutine up to the executor, as something that can be made ready.
  waiter& detach() && {
    std::coroutine_handle<promise_type> coroutine = std::exchange(coroutine_, {});
    waiter& start = coroutine.promise().start_waiter();
    start.suspend(coroutine);
    return start;
  }

 private:
  friend promise_type;
  explicit task(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_{coroutine} {}
  std::coroutine_handle<promise_type> coroutine_;
};

namespace detail {

template <class T>
task<T> promise<T>::get_return_object() noexcept {
  return task<T>{std::coroutine_handle<promise>::from_promise(*this)};
}
template <class T>
task<T> promise<T>::get_return_object_on_allocation_failure() noexcept {
  return task<T>{{}};
}
inline task<void> promise<void>::get_return_object() noexcept {
  return task<void>{std::coroutine_handle<promise>::from_promise(*this)};
}
inline task<void> promise<void>::get_return_object_on_allocation_failure() noexcept {
  return task<void>{{}};
}

// What stands in for a promise where a coroutine would run in an interrupt handler.
struct no_waiting_in_interrupt_context {
  no_waiting_in_interrupt_context() = delete(
      "an interrupt handler must not wait: it cannot be a coroutine; signal an event and let a "
      "task wait for it");
  template <class... Arguments>
  explicit no_waiting_in_interrupt_context(Arguments&&...) = delete(
      "an interrupt handler must not wait: it cannot be a coroutine; signal an event and let a "
      "task wait for it");
  task<void> get_return_object();
  static std::suspend_always initial_suspend() noexcept;
  static std::suspend_always final_suspend() noexcept;
  static void return_void();
  static void unhandled_exception();
};

}  // namespace detail
}  // namespace osier::async

namespace osier {
using async::task;
}

// A coroutine that takes an irq::context, wherever among its parameters, would wait in an interrupt
// handler.
template <class T, class... Parameters>
  requires(std::same_as<std::remove_cvref_t<Parameters>, osier::irq::context> || ...)
struct std::coroutine_traits<osier::async::task<T>, Parameters...> {
  using promise_type = osier::async::detail::no_waiting_in_interrupt_context;
};
