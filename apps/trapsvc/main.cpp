// SPDX-License-Identifier: Apache-2.0
// Raises service traps: the app decides by their code which goes on, and how.
#include <array>
#include <atomic>
#include <utility>

#include "core/trap.hpp"
#include "machine.hpp"

using namespace osier;

namespace {

// The codes. None of them is `unknown`.
constexpr u8 go_on = 1;
constexpr u8 mend = 2;
constexpr u8 unknown = 9;

constinit bool mended = false;
constinit u32 served = 0;

// As many as a CPU may have registers.
// SAFETY: volatile, so that the compiler cannot know what it holds in registers.
using values = volatile std::uintptr_t[31];
values numbers;
values others;

// Whether values that the compiler holds in registers are the same after `between`.
template <values& Values, class Between>
[[gnu::noinline]] bool registers_survive(Between between) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    const std::array kept = {Values[I]...};
    between();
    return ((kept[I] == Values[I]) && ...);
  }(std::make_index_sequence<std::size(Values)>());
}

}  // namespace

trap::action osier::trap::serve(u8 code) {
  ++served;
  // Leaves other values in the registers.
  registers_survive<others>([] { std::atomic_signal_fence(std::memory_order_seq_cst); });
  switch (code) {
    case go_on: return action::resume;
    case mend: return std::exchange(mended, true) ? action::resume : action::restart;
    default: return action::panic;
  }
}

task<> app_main(machine::console console) {
  for (std::size_t i = 0; i < std::size(numbers); ++i) numbers[i] = i + 1;
  const bool same = registers_survive<numbers>([] { trap::raise<go_on>(); });
  console.print("trapsvc: served {} time, registers {}\n", served, same ? "as before" : "changed");
  trap::raise<mend>();
  console.print("trapsvc: served {} times, one was restarted\n", served);
  trap::raise<unknown>();
  console.print("survived\n");
  co_return;
}
