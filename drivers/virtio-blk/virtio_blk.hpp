// SPDX-License-Identifier: Apache-2.0
// Virtio block device (virtio 1.2, §5.2): a disk behind one virtqueue.
//
// A request is a chain: a header, the data, and a byte for the answer. Requests of one turn share a
// doorbell; answers are taken in batches, one interrupt each.
#pragma once

#include <algorithm>
#include <array>
#include <bit>

#include "async/executor.hpp"
#include "async/reaction.hpp"
#include "core/diagnostic.hpp"
#include "core/panic.hpp"
#include "irq/line.hpp"
#include "storage/request.hpp"
#include "virtio/config.hpp"
#include "virtio/device.hpp"
#include "virtio/queue.hpp"

namespace osier::virtio_blk {

inline constexpr u32 device_id = 2;                                          // §5.2.1
inline constexpr u32 request_queue = 0;                                      // §5.2.2
inline constexpr virtio::features has_read_only = virtio::features{1} << 5;  // §5.2.3
inline constexpr virtio::features has_flush = virtio::features{1} << 9;
inline constexpr virtio::features has_discard = virtio::features{1} << 13;

// Where the configuration's fields lie, in bytes (§5.2.4).
inline constexpr std::size_t config_capacity = 0;  // in sectors
inline constexpr std::size_t config_discard_limit = 36;
inline constexpr std::size_t config_end = 60;

// What a request asks for, and how it is answered (§5.2.6).
enum request_type : u32 { type_read = 0, type_write = 1, type_flush = 4, type_discard = 11 };
enum request_status : u8 { status_ok = 0, status_error = 1, status_unsupported = 2 };

struct request_header {
  u32 type;
  u32 reserved;
  u64 sector;
};

struct discard_range {
  u64 sector;
  u32 sectors;
  u32 flags;
};

// A request as the device holds it: one for each chain of the queue, which a shift finds.
struct alignas(64) slot {
  request_header header;    // the device reads it
  discard_range range;      // as well, for a discard
  u8 status;                // the device writes it
  storage::block* data;     // of a read or write
  storage::request* asker;  // nullptr: nobody waits any more
};

// A request that the device is done with, and that waits for its answer to be passed on: once.
class [[clang::consumable(unconsumed)]] answered {
 public:
  [[clang::return_typestate(unconsumed)]] explicit answered(slot& done) : slot_{&done} {}
  answered(answered&&) = default;
  [[clang::callable_when("consumed")]] ~answered() {}

  // Gives the asker its answer and the buffer, which goes to the pool where nobody waits any more.
  [[clang::callable_when("unconsumed"), clang::set_typestate(consumed)]]
  void complete() && {
    const u8 status = slot_->status;
    if (slot_->asker != nullptr && status != status_ok) [[unlikely]] {
      slot_->asker->refuse(status == status_unsupported ? storage::error::unsupported
                                                        : storage::error::io);
    }
    storage::request::complete(slot_->asker, slot_->data);
  }

 private:
  slot* slot_;
};

// The handle of a request that is handed to the device. `Capacity`: bytes of a block buffer.
template <u32 Capacity>
class [[clang::consumable(unconsumed)]] chain {
 public:
  using raw = slot;
  static constexpr bool device_writes = true;
  static constexpr u16 chain_limit = 3;
  static constexpr u32 capacity = Capacity + sizeof(slot::status);

  // Moves the request's buffer, where it has one, to the device.
  [[clang::return_typestate(unconsumed)]] chain(slot& free, storage::request& asked)
      : slot_{&free} {
    free.status = status_error;  // until the device says otherwise
    free.data = asked.take(free.asker);
    switch (asked.what) {
      case storage::operation::read:
        free.header = {.type = type_read, .reserved = 0, .sector = asked.sector};
        data_ = {address_of(free.data->data), free.data->length, true};
        break;
      case storage::operation::write:
        free.header = {.type = type_write, .reserved = 0, .sector = asked.sector};
        data_ = {address_of(free.data->data), free.data->length, false};
        break;
      // §5.2.6.1: a flush means no sector, and a discard says in its range what it means.
      case storage::operation::flush:
        free.header = {.type = type_flush, .reserved = 0, .sector = 0};
        break;
      case storage::operation::discard:
        free.header = {.type = type_discard, .reserved = 0, .sector = 0};
        free.range = {
            .sector = asked.sector, .sectors = static_cast<u32>(asked.sectors), .flags = 0};
        data_ = {address_of(&free.range), sizeof free.range, false};
        break;
    }
  }
  chain(chain&&) = default;
  [[clang::callable_when("consumed")]] ~chain() {}

  [[clang::callable_when("unconsumed")]] std::array<virtio::segment, 3> describe() const {
    return {{{address_of(&slot_->header), sizeof slot_->header, false},
             data_,
             {address_of(&slot_->status), sizeof slot_->status, true}}};
  }

  [[clang::callable_when("unconsumed"), clang::set_typestate(consumed)]] raw* release() && {
    return slot_;
  }
  static answered adopt(raw* completed, u32 /*written*/) { return answered{*completed}; }

 private:
  static arch::phys_addr address_of(const void* part) {
    // SAFETY: memory is identity mapped, so an object's address is what the device uses.
    return reinterpret_cast<arch::phys_addr>(part);
  }

  slot* slot_;
  virtio::segment data_ = {};  // of no length for a flush
};

// `Node`: path, queue_size. `Transport`: virtio::mmio_transport of the slot, or another. `Config`:
// buffers and buffer_size of the image's pool, and disk_size, the least that the app needs.
template <class Node, class Transport, class Config>
class driver : private async::deferred, private async::reaction {
  using chain = virtio_blk::chain<Config::buffer_size>;
  // Each buffer can be in flight, and a flush and a discard besides; what the queue cannot hold
  // waits in the port.
  static constexpr u16 entries = static_cast<u16>(std::min<std::size_t>(
      std::bit_ceil((Config::buffers + 2) * chain::chain_limit), Node::queue_size));
  using queue = virtio::queue<chain, entries>;

 public:
  static consteval diagnostic check() { return Transport::check(config_end); }

  // The queue's memory and the requests in it. Needs no initial value.
  struct storage {
    virtio_blk::driver<Node, Transport, Config>::queue queue;
    slot slots[driver::queue::capacity];
  };

  constexpr explicit driver(storage& memory)
      : deferred{[](deferred& self) {
          // SAFETY: only a driver is constructed with this function.
          static_cast<driver&>(self).settle();
        }},
        reaction{[](reaction& self) {
          // SAFETY: as above.
          static_cast<driver&>(self).take_answers();
        }},
        memory_{memory} {}

  // Brings the device up, and checks that the disk is as large as the app needs. Interrupts masked.
  void start() {
    auto device = virtio::device<Transport, virtio::state::reset>::find(device_id)
                      .acknowledge()
                      .drive()
                      .template negotiate<virtio::version_1 | virtio::event_index,
                                          has_read_only | has_flush | has_discard>();
    const virtio::features accepted = device.accepted();
    const u64 sectors = virtio::read_config_u64<Transport>(config_capacity);
    const u64 bytes = sectors * osier::storage::sector_size;
    if (bytes < Config::disk_size) {
      panic_at(Node::path, "expected a disk of at least {} bytes, found one of {}",
               Config::disk_size, bytes);
    }
    const u32 discard_limit = (accepted & has_discard) != 0
                                  ? Transport::template read_config<u32>(config_discard_limit)
                                  : 0;
    device.set_queue(request_queue, memory_.queue);
    port().start({.sectors = sectors,
                  .read_only = (accepted & has_read_only) != 0,
                  .write_back = (accepted & has_flush) != 0,
                  .discard_limit = discard_limit},
                 *this);
    begin(std::move(device).start());
  }

  // Waits, polling, until the device has done all that was asked: for the end of the image.
  void finish() {
    while (memory_.queue.in_flight() > 0 || !port().empty()) {
      settle();
      take_answers();
    }
  }

  // The device has answered, or another on its line has. Interrupt context.
  void interrupt(irq::context context) {
    if (Transport::acknowledge_interrupt() != 0) signal(context);
  }

 private:
  static osier::storage::port& port() { return osier::storage::port_of<Node>; }

  // Requests are handed only to a device that is live; its first answer interrupts.
  void begin(virtio::device<Transport, virtio::state::driver_ok> /*proof*/) { take_answers(); }

  // Hands answers to who waits for them, until there are none, and has the next one interrupt.
  void take_answers() {
    queue& from = memory_.queue;
    do {
      for (u32 left = from.completed(); left > 0; --left) {
        [[clang::always_inline]] from.take(Node::path).complete();
      }
    } while (!from.request_interrupt());
    if (!port().empty()) async::defer(*this);
  }

  // Hands over what waits, as far as there is room, with one doorbell.
  [[gnu::noinline]] void settle() {
    queue& to = memory_.queue;
    while (!to.full()) {
      osier::storage::request* const oldest = port().next();
      if (oldest == nullptr) break;
      [[clang::always_inline]] to.post_made(
          [&](u16 number) { return chain{memory_.slots[number], *oldest}; });
    }
    if (to.publish()) Transport::notify(request_queue);
  }

  storage& memory_;
};

}  // namespace osier::virtio_blk
