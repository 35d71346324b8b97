// SPDX-License-Identifier: Apache-2.0
// What the TCG plugin counts, in a file without a name that both processes map.
#include "counter.hpp"

#include <sys/mman.h>

#include <atomic>

#include "image.hpp"

namespace osier::bench {

counter::counter() : memory_(memfd_create("counter", MFD_CLOEXEC), "memfd_create") {
  if (ftruncate(memory_.number(), sizeof *value_) != 0) throw_errno("ftruncate");
  void* memory = mmap(nullptr, sizeof *value_, PROT_READ, MAP_SHARED, memory_.number(), 0);
  if (memory == MAP_FAILED) throw_errno("mmap");
  // SAFETY: the mapping is page-aligned and holds this one number, which the plugin alone writes.
  value_ = static_cast<std::uint64_t*>(memory);
}

counter::~counter() { munmap(value_, sizeof *value_); }

std::vector<std::string> counter::qemu_options() const {
  const auto path = "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(memory_.number());
  return {"-plugin", (build_folder() / "count.so").string() + ",counter=" + path};
}

std::uint64_t counter::instructions() const {
  return std::atomic_ref(*value_).load(std::memory_order_relaxed);
}

}  // namespace osier::bench
