// SPDX-License-Identifier: Apache-2.0
// A suspended coroutine, as the executor and wait lists hold it.
#pragma once

#include <coroutine>

#include "core/list.hpp"

namespace osier::async {

// Lies in the frame of the coroutine that waits, so waiting needs no storage elsewhere. In one list
// at a time: what it waits for, or the executor's ready list.
class waiter : public list_node {
 public:
  void suspend(std::coroutine_handle<> coroutine) { coroutine_ = coroutine; }
  void resume() { coroutine_.resume(); }

 private:
  std::coroutine_handle<> coroutine_;
};

using wait_list = list<waiter>;

}  // namespace osier::async
