// SPDX-License-Identifier: Apache-2.0
// A function in the place of a suspended coroutine: resuming it calls the function.
#pragma once

#include <coroutine>

namespace osier::async {

// What a group of waits (async/when.hpp) gives each of them to resume. A coroutine of its own would
// cost each a frame from the pool, and an answer for when there is none left.
class continuation {
 public:
  using function = void (*)(continuation& self);
  constexpr explicit continuation(function resume) : resume_{resume} {}

  // SAFETY: the compiler resumes a coroutine by calling the address that its frame begins with, the
  // frame being the one argument ("Coroutines in LLVM", Switched-Resume Lowering). That function is
  // fastcc, which passes a single pointer like C does on all our targets. Nobody destroys this.
  std::coroutine_handle<> handle() { return std::coroutine_handle<>::from_address(this); }

 private:
  function resume_;
  function destroy_ = nullptr;
};

}  // namespace osier::async
