// SPDX-License-Identifier: Apache-2.0
// A virtqueue against a hostile device: what take() returns was with the device, once, and is not
// said to be longer than it is; everything else is a panic.
//
// Input: steps of the driver and the device, a byte each and what they need.
#include "virtio/queue.hpp"

#include "host/hostile_device.hpp"

namespace osier {
namespace {

struct token {
  bool at_device = false;
  u32 written = 0;
};

constexpr u32 token_capacity = 100;

template <u16 Parts>
struct handle {
  using raw = token;
  static constexpr bool device_writes = true;
  static constexpr u16 chain_limit = Parts;
  static constexpr u32 capacity = token_capacity;

  // Of three parts the second is left out.
  std::array<virtio::segment, Parts> describe() const {
    std::array<virtio::segment, Parts> parts;
    for (u32 i = 0; i < Parts; ++i)
      parts[i] = {host::device_address(bytes), i == 1 ? 0U : 1U, true};
    return parts;
  }
  arch::phys_addr address() const { return host::device_address(bytes); }
  static u32 length() { return 1; }
  raw* release() && {
    which->at_device = true;
    return which;
  }
  static token* adopt(raw* completed, u32 written) {
    completed->written = written;
    return completed;
  }

  static inline u8 bytes[1];
  token* which;
};

template <u16 Parts, u16 Entries>
void run(fuzz::input& in) {
  using queue = virtio::queue<handle<Parts>, Entries>;
  static fuzz::in_memory<queue> memory;
  queue& tested = memory.make();
  std::array<token, queue::capacity> tokens = {};
  host::device_queue& device = fuzz::hostile_registers::queues[0];
  fuzz::hostile_registers::power_up(0);
  tested.clear();
  device = {.entries = Entries,
            .descriptors = tested.descriptor_address(),
            .driver_area = tested.driver_area_address(),
            .device_area = tested.device_area_address(),
            .ready = true};
  fuzz::act_at_barriers(in);
  fuzz::panics([&] {
    while (!in.empty()) {
      switch (in.take<u8>() % 5) {
        case 0: {
          const auto idle = std::ranges::find(tokens, false, &token::at_device);
          fuzz::expect(tested.full() == (idle == tokens.end()), "a slot is lost");
          if (!tested.full()) tested.post(handle<Parts>{&*idle});
          break;
        }
        case 1: (void)tested.publish(); break;
        case 2:
          if (tested.completed()) {
            token* back = tested.take("/device");
            fuzz::expect(back->at_device, "a buffer that is not with the device came back");
            fuzz::expect(back->written <= token_capacity, "a buffer is said to be too long");
            back->at_device = false;
            fuzz::count("taken back");
          }
          break;
        case 3: (void)tested.request_interrupt(); break;
        case 4: fuzz::act(device, in); break;
      }
      const auto away = std::ranges::count(tokens, true, &token::at_device);
      fuzz::expect(tested.in_flight() == away, "in_flight() is wrong");
    }
  });
}

}  // namespace
}  // namespace osier

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace osier;
  fuzz::power_up();
  fuzz::input in{data, size};
  if (in.take<u8>() % 2 == 0) {
    run<1, 8>(in);
  } else {
    run<3, 16>(in);  // a slot of one descriptor is left over
  }
  return 0;
}
