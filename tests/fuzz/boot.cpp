// SPDX-License-Identifier: Apache-2.0
// A virtio device that lies in its registers while it is brought up, over MMIO and PCI.
//
// Input: for each read of a register whether it is honest (a byte), and the lie. The driver may
// panic about the device; it ends, and reads and writes within the device's registers.
#include "host/hostile_device.hpp"
#include "mem/mmio.hpp"
#include "virtio/config.hpp"
#include "virtio/device.hpp"
#include "virtio/mmio_transport.hpp"
#include "virtio/pci_transport.hpp"
#include "virtio/queue.hpp"

namespace osier {
namespace {

fuzz::input* lies = nullptr;

// What stands in a register, or what the input says in its place.
template <class T>
T told(u64 honest) {
  return lies->take<u8>() < 0xc0 ? static_cast<T>(honest) : lies->take<T>();
}

struct lying_slot : fuzz::hostile_registers {
  template <class T = u32>
  static T read(std::size_t offset) {
    fuzz::expect(offset + sizeof(T) <= fuzz::slot_node::reg.size, "a read behind the slot");
    return told<T>(hostile_registers::read<u32>(offset & ~std::size_t{3}));
  }
};

struct function_node {
  static constexpr std::string_view path = "/pcie@0/net@1,0";
  static constexpr mmio::region reg1 = {.base = 0x1000'0000, .size = 0x4000};
  static constexpr u16 vendor = 0x1af4;
  static constexpr u16 device = 0x1041;
  static constexpr u8 interrupt_pin = 1;
  static constexpr u32 bar = 4;
  static constexpr u64 bar_address = 0x1000'0000;
};

// Registers that keep what is written, in a block of `Size` bytes.
template <std::size_t Size>
struct lying_registers {
  static inline std::array<u8, Size> kept;

  template <class T>
  static T read(std::size_t offset) {
    fuzz::expect(offset + sizeof(T) <= Size && offset % sizeof(T) == 0, "a read behind the block");
    u64 value = 0;
    std::memcpy(&value, &kept[offset], sizeof(T));
    return told<T>(value);
  }
  template <class T>
  static void write(std::size_t offset, T value) {
    fuzz::expect(offset + sizeof(T) <= Size && offset % sizeof(T) == 0, "a write behind the block");
    std::memcpy(&kept[offset], &value, sizeof(T));
  }
};

struct bar : lying_registers<function_node::reg1.size> {};

struct configuration : lying_registers<0x1000> {
  template <class T>
  static void write(std::size_t offset, T value) {
    lying_registers::write<T>(offset, value);
    if (offset == 0x20) put(0x20, static_cast<u32>((value & ~T{0x3fff}) | 0xc));  // its size
  }

  template <class T>
  static void put(std::size_t offset, T value) {
    std::memcpy(&kept[offset], &value, sizeof value);
  }

  static void add(u8 at, u8 next, u8 kind, u32 offset) {
    put<u8>(at, 0x09);
    put<u8>(at + 1u, next);
    put<u8>(at + 3u, kind);
    put<u8>(at + 4u, 4);
    put<u32>(at + 8u, offset);
    put<u32>(at + 12u, 0x1000);
  }

  static void power_up() {
    kept = {};
    put<u32>(0x00, 0x1041'1af4);
    put<u8>(0x3d, 1);
    put<u16>(0x06, 0x10);
    put<u32>(0x20, 0xc);
    put<u8>(0x34, 0x40);
    add(0x40, 0x50, 1, 0x0000);
    add(0x50, 0x60, 3, 0x1000);
    add(0x60, 0x70, 4, 0x2000);
    add(0x70, 0x00, 2, 0x3000);
    put<u32>(0x80, 4);
    bar::kept = {};
    bar::kept[0x12] = 2;     // queues
    bar::kept[0x19] = 1;     // 256 entries
    bar::kept[0x04] = 0xff;  // features
    bar::kept[0x07] = 0xff;
  }
};

// Nothing is handed to the device: what it does with buffers is the other targets' matter.
struct buffer {
  using raw = u8;
};

template <class Transport>
void bring_up() {
  static fuzz::in_memory<virtio::queue<buffer, 8>> memory;
  auto& queue = memory.make();
  auto device = virtio::device<Transport, virtio::state::reset>::find(1)
                    .acknowledge()
                    .drive()
                    .template negotiate<virtio::version_1 | virtio::event_index>();
  (void)virtio::read_config_u64<Transport>(0);
  device.set_queue(0, queue);
  device.set_queue(1, queue);
  (void)std::move(device).start();
  Transport::notify(0);
  Transport::notify(1);
  (void)Transport::acknowledge_interrupt();
  fuzz::count("boots to the end");
}

}  // namespace
}  // namespace osier

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace osier;
  using slot = virtio::mmio_transport<fuzz::slot_node, lying_slot>;
  fuzz::power_up();
  fuzz::input in{data, size};
  lies = &in;
  if (in.take<u8>() % 2 == 0) {
    fuzz::hostile_registers::power_up(1);
    fuzz::panics([] { bring_up<slot>(); });
  } else {
    configuration::power_up();
    fuzz::panics(
        [] { bring_up<virtio::pci_transport<function_node, configuration, pci::pin, bar>>(); });
  }
  return 0;
}
