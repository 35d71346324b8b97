// SPDX-License-Identifier: Apache-2.0
// Packet buffers and who holds them: free → receiving → received → building → complete → sent →
// free.
//
// A packet is a move-only handle on one buffer of the pool; its type says the state. A driver's
// queues keep those in `receiving` and `sent`; a task has the others, and one that it drops goes
// back to the pool. What a task is given through co_await is `unknown` to
// clang's analysis: such operations refuse `consumed` alone.
#pragma once

#include <algorithm>
#include <span>
#include <utility>

#include "arch.hpp"
#include "core/units.hpp"
#include "net/ethernet.hpp"

namespace osier::net {

// Room in front of each frame for the header that a driver puts there, in bytes.
inline constexpr std::size_t driver_headroom = 12;

// One buffer. The frame lies so that what follows the Ethernet header, and so IP and its payload,
// is aligned for word access.
struct alignas(16) packet_buffer {
  packet_buffer* next;  // in the pool or a socket's queue
  u16 length;           // of the frame, in bytes
  u16 payload;          // of the datagram in it, in bytes
  bool checksum_holds;  // the payload is as its checksum says
  std::byte padding[48 - sizeof(ethernet_header) - driver_headroom - sizeof(void*) - 5];
  std::byte driver_header[driver_headroom];
  std::byte frame[frame_limit];
};
static_assert((offsetof(packet_buffer, frame) + sizeof(ethernet_header)) % 16 == 0);

// So far behind a multiple of 16 each frame begins, in bytes.
inline constexpr std::size_t frame_skew = offsetof(packet_buffer, frame) % 16;
static_assert(offsetof(packet_buffer, driver_header) + driver_headroom ==
              offsetof(packet_buffer, frame));

// First in, first out, threaded through the buffers.
class packet_queue {
 public:
  bool empty() const { return first_ == nullptr; }
  void push(packet_buffer& added) {
    added.next = nullptr;
    (first_ == nullptr ? first_ : last_->next) = &added;
    last_ = &added;
  }
  packet_buffer* pop() {
    packet_buffer* taken = first_;
    if (taken != nullptr) first_ = taken->next;
    return taken;
  }

 private:
  packet_buffer* first_ = nullptr;
  packet_buffer* last_ = nullptr;
};

enum class packet_state {
  receiving,
  received,
  building,   // its length is not set yet
  answering,  // a datagram that we write as well, and that has somewhere to go
  complete,   // a frame of a length that fits
  sent,
};

// The compiler calls this away where the length fits, or is known only when it runs.
[[gnu::error("a frame has at most frame_limit bytes, which is 1514")]]
void frame_exceeds_its_buffer();

template <packet_state State>
class packet;

// What the states have in common: the one pointer, and its way back to the pool.
class packet_handle {
 public:
  using raw = packet_buffer;
  packet_handle(packet_handle&& other) noexcept : buffer_{std::exchange(other.buffer_, nullptr)} {}

 protected:
  explicit packet_handle(packet_buffer& buffer) : buffer_{&buffer} {}
  ~packet_handle() {
    if (buffer_ != nullptr) give_back(*buffer_);
  }
  packet_buffer* take() { return std::exchange(buffer_, nullptr); }
  packet_buffer& buffer() const { return *buffer_; }

  // The part that a device reads or writes: its own header and the frame.
  arch::phys_addr device_address() const {
    // SAFETY: memory is identity mapped, so an object's address is what the device uses.
    return reinterpret_cast<arch::phys_addr>(buffer_->driver_header);
  }

 private:
  static void give_back(packet_buffer& buffer);
  packet_buffer* buffer_;
};

// Given to a device to receive into.
template <>
class [[clang::consumable(unconsumed)]] packet<packet_state::receiving> : public packet_handle {
 public:
  [[clang::return_typestate(unconsumed)]] explicit packet(packet_buffer& free)
      : packet_handle{free} {}
  packet(packet&&) = default;

  static constexpr bool device_writes = true;
  static constexpr u32 capacity = driver_headroom + frame_limit;
  static constexpr u32 length() { return capacity; }
  [[clang::callable_when("unconsumed")]] arch::phys_addr address() const {
    return device_address();
  }
  [[clang::callable_when("unconsumed"), clang::set_typestate(consumed)]] raw* release() && {
    return take();
  }
  // The device has written `written` bytes; what is there is a received packet.
  static packet<packet_state::received> adopt(raw* completed, u32 written);
};

// Holds a frame from the wire.
template <>
class [[clang::consumable(unconsumed)]] packet<packet_state::received> : public packet_handle {
 public:
  packet(packet&&) = default;

  // The frame, in bytes: not yet checked for anything but its length.
  [[clang::callable_when("unconsumed", "unknown")]] std::span<const std::byte> frame() const
      [[clang::lifetimebound]] {
    return {buffer().frame, buffer().length};
  }

  // Turns the buffer into one to write another frame into.
  [[nodiscard, clang::callable_when("unconsumed", "unknown"), clang::set_typestate(consumed)]]
  packet<packet_state::building> rebuild() &&;

  // Turns the frame into its own answer: as it was, unless its bytes are written.
  [[nodiscard, clang::callable_when("unconsumed", "unknown"), clang::set_typestate(consumed)]]
  packet<packet_state::complete> answer() &&;

 private:
  friend class packet<packet_state::receiving>;
  friend class packet<packet_state::complete>;
  friend class receive_queue;
  template <class, const auto&>
  friend class interface;
  template <class>
  friend class raw_device;
  // Leaves the type system, for a queue that threads buffers; and comes back.
  [[clang::callable_when("unconsumed", "unknown"), clang::set_typestate(consumed)]] raw*
  release() && {
    return take();
  }
  [[nodiscard]] static packet resume(raw& released) { return packet{released}; }
  [[clang::return_typestate(unconsumed)]] explicit packet(packet_buffer& buffer)
      : packet_handle{buffer} {}
};

// Given to a device to send from.
template <>
class [[clang::consumable(unconsumed)]] packet<packet_state::sent> : public packet_handle {
 public:
  packet(packet&&) = default;

  static constexpr bool device_writes = false;
  static constexpr u32 capacity = 0;
  [[clang::callable_when("unconsumed")]] u32 length() const {
    return driver_headroom + buffer().length;
  }
  [[clang::callable_when("unconsumed")]] arch::phys_addr address() const {
    return device_address();
  }
  [[clang::callable_when("unconsumed"), clang::set_typestate(consumed)]] raw* release() && {
    return take();
  }
  // The device has read it: dropping the handle frees the buffer.
  static packet adopt(raw* completed, u32 /*written*/) { return packet{*completed}; }

  // Gives the buffer to the device to receive into, past the pool.
  [[nodiscard, clang::callable_when("unconsumed"), clang::set_typestate(consumed)]]
  packet<packet_state::receiving> reuse() && {
    return packet<packet_state::receiving>{*take()};
  }

 private:
  friend class packet<packet_state::complete>;
  [[clang::return_typestate(unconsumed)]] explicit packet(packet_buffer& buffer)
      : packet_handle{buffer} {}
};

// Being written by us.
template <>
class [[clang::consumable(unconsumed)]] packet<packet_state::building> : public packet_handle {
 public:
  packet(packet&&) = default;

  // All of the room for a frame.
  [[clang::callable_when("unconsumed", "unknown")]] std::span<std::byte, frame_limit> room() const
      [[clang::lifetimebound]] {
    return std::span<std::byte, frame_limit>{buffer().frame};
  }

  // The frame is written: its first `length` bytes; what is beyond frame_limit is cut off.
  [[nodiscard, gnu::always_inline, clang::callable_when("unconsumed", "unknown"),
    clang::set_typestate(consumed)]]
  packet<packet_state::complete> complete(std::size_t length) &&;

 private:
  friend class packet<packet_state::received>;
  friend class packet_pool;
  template <class, const auto&>
  friend class interface;
  template <class, class>
  friend class udp_socket;
  [[clang::return_typestate(unconsumed)]] explicit packet(packet_buffer& free)
      : packet_handle{free} {}
  // Leaves the type system, to become a datagram.
  [[clang::callable_when("unconsumed", "unknown"), clang::set_typestate(consumed)]] raw*
  release() && {
    return take();
  }
};

// Written, and of a length that fits.
template <>
class [[clang::consumable(unconsumed)]] packet<packet_state::complete> : public packet_handle {
 public:
  packet(packet&&) = default;

  // The frame, in bytes; still to be written.
  [[clang::callable_when("unconsumed", "unknown")]] std::span<std::byte> frame() const
      [[clang::lifetimebound]] {
    return {buffer().frame, buffer().length};
  }

  // Makes the driver's own header, in front of the frame, all zero.
  [[clang::callable_when("unconsumed", "unknown")]] void clear_header() const {
    static_assert(offsetof(packet_buffer, driver_header) % 8 == 6 && driver_headroom == 12);
    std::byte* const header = buffer().driver_header;
    // In the longest words that its place allows: compilers take the shortest.
    // SAFETY: three aligned words, 2, 8 and 2 bytes long, that are the header.
    *reinterpret_cast<u16*>(header) = 0;
    *reinterpret_cast<u64*>(header + 2) = 0;
    *reinterpret_cast<u16*>(header + 10) = 0;
  }

  // Hands the frame over to be sent. From here on it is the device's.
  [[nodiscard, clang::callable_when("unconsumed", "unknown"), clang::set_typestate(consumed)]]
  packet<packet_state::sent> hand_over() && {
    return packet<packet_state::sent>{*take()};
  }

  // Turns it into a frame that has arrived, for our own stack.
  [[nodiscard, clang::callable_when("unconsumed", "unknown"), clang::set_typestate(consumed)]]
  packet<packet_state::received> loop_back() && {
    return packet<packet_state::received>::resume(*take());
  }

 private:
  friend class packet<packet_state::building>;
  friend class packet<packet_state::received>;
  friend void transmit(packet frame);
  friend void transmit_buffer(packet_buffer& complete);
  // Leaves the type system, for the seam to the driver (net/link.hpp); and comes back.
  [[clang::callable_when("unconsumed", "unknown"), clang::set_typestate(consumed)]] raw*
  release() && {
    return take();
  }
  [[nodiscard]] static packet resume(raw& released) { return packet{released}; }
  [[clang::return_typestate(unconsumed)]] explicit packet(packet_buffer& buffer)
      : packet_handle{buffer} {}
};

inline packet<packet_state::received> packet<packet_state::receiving>::adopt(raw* completed,
                                                                             u32 written) {
  completed->length = static_cast<u16>(written > driver_headroom ? written - driver_headroom : 0);
  return packet<packet_state::received>{*completed};
}

inline packet<packet_state::building> packet<packet_state::received>::rebuild() && {
  return packet<packet_state::building>{*take()};
}

inline packet<packet_state::complete> packet<packet_state::received>::answer() && {
  return packet<packet_state::complete>{*take()};
}

inline packet<packet_state::complete> packet<packet_state::building>::complete(
    std::size_t length) && {
  if (__builtin_constant_p(length) && length > frame_limit) frame_exceeds_its_buffer();
  buffer().length = static_cast<u16>(std::min(length, frame_limit));
  return packet<packet_state::complete>{*take()};
}

}  // namespace osier::net
