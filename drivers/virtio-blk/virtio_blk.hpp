// SPDX-License-Identifier: Apache-2.0
// Virtio block device (virtio 1.2, §5.2): a disk behind one virtqueue.
//
// A request is a chain: a header, the data, and a byte for the answer. Requests of one turn share a
// doorbell; answers are taken in batches, one interrupt each.
#pragma once

#include <algorithm>
#include <bit>

#include "async/event.hpp"
#include "async/executor.hpp"
#include "async/task.hpp"
#include "core/diagnostic.hpp"
#include "core/free_list.hpp"
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

// A request as the device holds it.
struct slot {
  request_header header;  // the device reads it
  discard_range range;    // as well, for a discard
  u8 status;              // the device writes it
  storage::operation what;
  storage::block* data;     // of a read or write
  storage::request* asker;  // nullptr: nobody waits any more
  slot* next;               // of those that are free
  u16 place;                // its own in the queue
};

// A request that the device is done with, and that waits for its answer to be passed on: once.
class [[clang::consumable(unconsumed)]] answered {
 public:
  [[clang::return_typestate(unconsumed)]] explicit answered(slot& done) : slot_{&done} {}
  answered(answered&&) = default;
  [[clang::callable_when("consumed")]] ~answered() {}

  // Gives the asker its answer and the buffer, which goes to the pool where nobody waits any more.
  // The slot is free then.
  [[nodiscard, clang::callable_when("unconsumed"), clang::set_typestate(consumed)]]
  slot& complete() && {
    storage::request::complete(slot_->asker, slot_->data, result_of(slot_->status));
    return *slot_;
  }

 private:
  static std::expected<void, storage::error> result_of(u8 status) {
    if (status == status_ok) return {};
    return std::unexpected{status == status_unsupported ? storage::error::unsupported
                                                        : storage::error::io};
  }

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
    free.what = asked.what;
    free.status = status_error;  // until the device says otherwise
    free.data = asked.take(free.asker);
    free.header = {.type = type_of(asked.what), .reserved = 0, .sector = sector_of(asked)};
    free.range = {.sector = asked.sector, .sectors = static_cast<u32>(asked.sectors), .flags = 0};
  }
  chain(chain&&) = default;
  [[clang::callable_when("consumed")]] ~chain() {}

  [[clang::callable_when("unconsumed")]] u16 place() const { return slot_->place; }
  [[clang::callable_when("unconsumed")]] u16 describe(std::span<virtio::segment, 3> parts) const {
    u16 count = 0;
    parts[count++] = {address_of(&slot_->header), sizeof slot_->header, false};
    switch (slot_->what) {
      case storage::operation::read:
      case storage::operation::write:
        parts[count++] = {address_of(slot_->data->data), slot_->data->length,
                          slot_->what == storage::operation::read};
        break;
      case storage::operation::discard:
        parts[count++] = {address_of(&slot_->range), sizeof slot_->range, false};
        break;
      case storage::operation::flush: break;
    }
    parts[count++] = {address_of(&slot_->status), sizeof slot_->status, true};
    return count;
  }

  [[clang::callable_when("unconsumed"), clang::set_typestate(consumed)]] raw* release() && {
    return slot_;
  }
  static answered adopt(raw* completed, u32 /*written*/) { return answered{*completed}; }

 private:
  static constexpr u32 type_of(storage::operation what) {
    switch (what) {
      case storage::operation::read: return type_read;
      case storage::operation::write: return type_write;
      case storage::operation::flush: return type_flush;
      case storage::operation::discard: return type_discard;
    }
    std::unreachable();
  }
  // §5.2.6.1: a discard says in its range what it means, a flush means no sector.
  static u64 sector_of(const storage::request& asked) {
    const bool transfers =
        asked.what == storage::operation::read || asked.what == storage::operation::write;
    return transfers ? asked.sector : 0;
  }
  static arch::phys_addr address_of(const void* part) {
    // SAFETY: memory is identity mapped, so an object's address is what the device uses.
    return reinterpret_cast<arch::phys_addr>(part);
  }

  slot* slot_;
};

// `Node`: path, queue_size. `Transport`: virtio::mmio_transport of the slot, or another. `Config`:
// buffers and buffer_size of the image's pool, and disk_size, the least that the app needs.
template <class Node, class Transport, class Config>
class driver : private async::deferred {
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
    for (u16 place = 0; place < queue::capacity; ++place) {
      memory_.slots[place].place = place;
      free_.push(memory_.slots[place]);
    }
    device.set_queue(request_queue, memory_.queue);
    port().start({.sectors = sectors,
                  .read_only = (accepted & has_read_only) != 0,
                  .write_back = (accepted & has_flush) != 0,
                  .discard_limit = discard_limit},
                 *this);
    begin(std::move(device).start());
  }

  // Serves the disk for ever: hands answers to who waits for them.
  task<> serve() {
    for (;;) {
      take_answers();
      if (memory_.queue.request_interrupt()) co_await event_.wait();
    }
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
    if (Transport::acknowledge_interrupt() != 0) event_.signal(context);
  }

 private:
  static osier::storage::port& port() { return osier::storage::port_of<Node>; }

  // Requests are handed only to a device that is live.
  static void begin(virtio::device<Transport, virtio::state::driver_ok> /*proof*/) {}

  void take_answers() {
    while (memory_.queue.completed()) {
      free_.push(memory_.queue.take(Node::path).complete());
    }
    if (!port().empty()) async::defer(*this);
  }

  // Hands over what waits, as far as there is room, with one doorbell.
  void settle() {
    while (!memory_.queue.full() && !port().empty()) {
      memory_.queue.post(chain{free_.pop(), *port().next()});
    }
    if (memory_.queue.publish()) Transport::notify(request_queue);
  }

  storage& memory_;
  free_list<slot> free_;
  async::event event_;
};

}  // namespace osier::virtio_blk
