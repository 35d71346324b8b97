// SPDX-License-Identifier: Apache-2.0
// A suspended coroutine, as the executor and wait lists hold it.
#pragma once

#include <coroutine>

#include "core/list.hpp"

namespace osier::async {

// Lies in the frame of the coroutine that waits, so waiting needs no storage elsewhere. In one list
// at a time: what it waits for, or the executor's ready list. Destroying it ends the wait.
//
// Who takes a waiter out of his own list and makes it ready may give it something along. It is in
// the ready list from then until it runs: an awaiter that is destroyed while its waiter is linked
// there was abandoned, and gives back what it was given.
class waiter : public list_node {
 public:
  constexpr waiter() = default;
  // Only before it waits: there is nothing to take over.
  constexpr waiter(waiter&& /*idle*/) noexcept {}

  void suspend(std::coroutine_handle<> coroutine) { coroutine_ = coroutine; }
  void resume() { coroutine_.resume(); }

 private:
  std::coroutine_handle<> coroutine_;
};

using wait_list = list<waiter>;

}  // namespace osier::async
