// SPDX-License-Identifier: Apache-2.0
// A machine that is switched on anew for each input, and that survives its own panics.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "core/units.hpp"

namespace osier::fuzz {

// Forgets every task, timer, signal and piece of deferred work. Nothing is destroyed: as on a real
// machine, what was in memory is of no meaning any more. Until panics() is called a panic is a
// finding.
void power_up();

// Runs the body until it ends or the machine panics; true where it did. A panic that does not name
// a node is a finding: it is none about the device.
bool panics(const std::function<void()>& body);

// Ends the program: the input is a finding.
[[noreturn]] void found(const char* what);

inline void expect(bool holds, const char* what) {
  if (!holds) found(what);
}

// Counts what the target has done; printed when the program ends.
void count(const char* what, u64 times = 1);

// Memory for an object that is made anew at each power-up and never destroyed.
template <class T>
class in_memory {
 public:
  template <class... Arguments>
  T& make(Arguments&&... arguments) {
    // SAFETY: the bytes have the size and alignment of a T; the T before is forgotten.
    return *std::construct_at(reinterpret_cast<T*>(bytes_), std::forward<Arguments>(arguments)...);
  }

 private:
  alignas(T) std::byte bytes_[sizeof(T)];
};

// The same for a static object of the image.
template <class T>
void forget(T& object) {
  std::construct_at(&object);
}

}  // namespace osier::fuzz
