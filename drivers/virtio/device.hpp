// SPDX-License-Identifier: Apache-2.0
// A virtio device's initialisation as states (virtio 1.2, §3.1.1): reset → acknowledged → driver →
// features_ok → driver_ok.
//
// Each step consumes the state before it, so that no step is skipped, repeated or taken out of
// order: a queue is set up only in features_ok, and a buffer is handed over only after driver_ok. A
// device that is dropped on the way there is an error.
#pragma once

#include "core/panic.hpp"
#include "virtio/features.hpp"

namespace osier::virtio {

// How often the status is read until a reset is over: about a second's worth.
inline constexpr u32 reset_patience = 1'000'000;

enum class state { reset, acknowledged, driver, features_ok, driver_ok };

// Code may rely on the features in `Accepted`: a device in features_ok has them. Which of the
// optional ones it has besides, accepted() says.
template <class Transport, state State, features Accepted = 0>
class device;

// The device is live: the proof that a driver asks for before it hands over a buffer.
template <class Transport>
class [[clang::consumable(unconsumed)]] device<Transport, state::driver_ok> {
 public:
  device(device&&) = default;

 private:
  template <class, state, features>
  friend class device;
  [[clang::return_typestate(unconsumed)]] device() {}
};

template <class Transport, features Accepted>
class [[clang::consumable(unconsumed)]] device<Transport, state::features_ok, Accepted> {
 public:
  device(device&&) = default;
  [[clang::callable_when("consumed")]] ~device() {}

  // Every feature that was accepted, the optional ones among them.
  [[clang::callable_when("unconsumed")]] features accepted() const { return accepted_; }

  // Hands a virtqueue's memory to the device. The queue must rely on no feature that was not
  // accepted.
  template <class Queue>
  [[clang::callable_when("unconsumed")]] void set_queue(u32 index, Queue& queue) {
    static_assert((Queue::relies_on & ~Accepted) == 0,
                  "this virtqueue relies on a feature that was not negotiated");
    queue.clear();
    Transport::set_queue(index, Queue::entries, queue.descriptor_address(),
                         queue.driver_area_address(), queue.device_area_address());
  }

  // The device is live from here on.
  [[nodiscard, clang::callable_when("unconsumed"), clang::set_typestate(consumed)]]
  device<Transport, state::driver_ok> start() && {
    Transport::set_status(Transport::get_status() | status_driver_ok);
    return {};
  }

 private:
  template <class, state, features>
  friend class device;
  [[clang::return_typestate(unconsumed)]] explicit device(features accepted)
      : accepted_{accepted} {}
  features accepted_;
};

template <class Transport>
class [[clang::consumable(unconsumed)]] device<Transport, state::driver> {
 public:
  device(device&&) = default;
  [[clang::callable_when("consumed")]] ~device() {}

  // Accepts the required features, and those optional ones that the device offers. A device that
  // lacks a required one is not what the tree says.
  template <features Required, features Optional = 0>
  [[nodiscard, clang::callable_when("unconsumed"), clang::set_typestate(consumed)]]
  device<Transport, state::features_ok, Required> negotiate() && {
    const features offered = Transport::offered();
    if ((offered & Required) != Required) {
      fail("expected features {:#x}, found {:#x}", Required, offered);
    }
    const features chosen = offered & (Required | Optional);
    Transport::accept(chosen);
    Transport::set_status(Transport::get_status() | status_features_ok);
    if ((Transport::get_status() & status_features_ok) == 0) {
      fail("expected features {:#x} to be accepted, found them refused; offered {:#x}", chosen,
           offered);
    }
    return device<Transport, state::features_ok, Required>{chosen};
  }

  template <class Queue>
  void set_queue(u32 index, Queue& queue) = delete("negotiate features before queues are set up");
  void start() = delete("negotiate features before the device is started");

 private:
  template <class, state, features>
  friend class device;
  [[clang::return_typestate(unconsumed)]] device() {}

  template <class... Arguments>
  [[noreturn]] static void fail(format_string<Arguments...> text, const Arguments&... arguments) {
    Transport::set_status(status_failed);
    panic_at(Transport::node::path, text, arguments...);
  }
};

template <class Transport>
class [[clang::consumable(unconsumed)]] device<Transport, state::acknowledged> {
 public:
  device(device&&) = default;
  [[clang::callable_when("consumed")]] ~device() {}

  // Tells the device that a driver for it is here.
  [[nodiscard, clang::callable_when("unconsumed"), clang::set_typestate(consumed)]]
  device<Transport, state::driver> drive() && {
    Transport::set_status(Transport::get_status() | status_driver);
    return {};
  }

  template <features>
  void negotiate() = delete("tell the device of its driver, by drive(), before negotiate()");

 private:
  template <class, state, features>
  friend class device;
  [[clang::return_typestate(unconsumed)]] device() {}
};

template <class Transport>
class [[clang::consumable(unconsumed)]] device<Transport, state::reset> {
 public:
  device(device&&) = default;
  [[clang::callable_when("consumed")]] ~device() {}

  // Verifies that the slot holds this kind of device, and resets it.
  [[nodiscard]] static device find(u32 device_id) {
    Transport::verify(device_id);
    Transport::set_status(status_reset);
    // §4.2.3.1: the driver waits. It does not wait for ever for a device that lies.
    u32 status = Transport::get_status();
    for (u32 left = reset_patience; status != status_reset; --left) {
      if (left == 0) {
        panic_at(Transport::node::path,
                 "expected status 0 after a reset, found {:#x} for {} readings", status,
                 reset_patience);
      }
      status = Transport::get_status();
    }
    return {};
  }

  // Tells the device that it was noticed.
  [[nodiscard, clang::callable_when("unconsumed"), clang::set_typestate(consumed)]]
  device<Transport, state::acknowledged> acknowledge() && {
    Transport::set_status(status_acknowledge);
    return {};
  }

  void start() = delete("a device is started after acknowledge(), drive() and negotiate()");

 private:
  [[clang::return_typestate(unconsumed)]] device() {}
};

}  // namespace osier::virtio
