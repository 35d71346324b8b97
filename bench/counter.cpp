// SPDX-License-Identifier: Apache-2.0
// What the TCG plugin counts, in a file without a name that both processes map.
#include "counter.hpp"

#include <sys/mman.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <regex>

namespace osier::bench {
namespace {

// VIRTIO 1.2, 4.2.2: QueueNotify, from the start of a slot's registers.
constexpr std::uint64_t mmio_notify = 0x50;
// QEMU's own layout of a virtio function's memory BAR: its size, where the doorbells lie in it, and
// how far apart they are; so many queues suffice for a network, a disk and entropy.
constexpr std::uint64_t pci_bar_size = 0x4000;
constexpr std::uint64_t pci_notify = 0x3000;
constexpr std::uint64_t pci_notify_multiplier = 4;
constexpr int pci_queues = 4;

// Of all virtio devices whose registers the image knows of.
std::string doorbell_arguments(const image& image) {
  std::ifstream stream(image.facts());
  const std::string facts{std::istreambuf_iterator<char>(stream), {}};
  const std::regex block(R"re("what": "([^"]*)",\s*"base": (\d+),\s*"size": (\d+))re");
  std::string arguments;
  const auto add = [&](std::uint64_t address) {
    arguments += ",doorbell=" + std::to_string(address);
  };
  for (std::sregex_iterator at(facts.begin(), facts.end(), block), end; at != end; ++at) {
    const std::string what = (*at)[1];
    const auto base = std::stoull((*at)[2]);
    if (what.contains("/virtio_mmio@")) add(base + mmio_notify);
    if (what.contains("/pci") && std::stoull((*at)[3]) == pci_bar_size) {
      for (int queue = 0; queue < pci_queues; ++queue) {
        add(base + pci_notify + queue * pci_notify_multiplier);
      }
    }
  }
  return arguments;
}

}  // namespace

counter::counter(const image& image, const count_wishes& wishes)
    : memory_(memfd_create("counts", MFD_CLOEXEC), "memfd_create") {
  if (ftruncate(memory_.number(), sizeof *counts_) != 0) throw_errno("ftruncate");
  void* memory =
      mmap(nullptr, sizeof *counts_, PROT_READ | PROT_WRITE, MAP_SHARED, memory_.number(), 0);
  if (memory == MAP_FAILED) throw_errno("mmap");
  // SAFETY: the mapping is page-aligned and of this size; the plugin alone writes there.
  counts_ = static_cast<counts*>(memory);
  for (const auto address : wishes.marks) arguments_ += ",at=" + std::to_string(address);
  if (wishes.blocks) arguments_ += ",blocks=on";
  if (wishes.devices) arguments_ += ",devices=on" + doorbell_arguments(image);
}

counter::~counter() { munmap(counts_, sizeof *counts_); }

std::vector<std::string> counter::qemu_options() const {
  const auto path = "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(memory_.number());
  return {"-plugin", (build_folder() / "count.so").string() + ",counts=" + path + arguments_};
}

std::map<std::uint64_t, std::uint64_t> counter::blocks() const {
  std::map<std::uint64_t, std::uint64_t> result;
  const auto used = read(counts_->blocks_used);
  for (std::uint64_t i = 0; i < used; ++i) {
    auto& block = counts_->blocks[i];
    result[block.address] += block.instructions * read(block.executions);
  }
  return result;
}

// A mapping that is written by another process, a number at a time.
std::uint64_t counter::read(std::uint64_t& value) {
  return std::atomic_ref(value).load(std::memory_order_acquire);
}

}  // namespace osier::bench
