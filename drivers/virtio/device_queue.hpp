// SPDX-License-Identifier: Apache-2.0
// The device's end of a split virtqueue (virtio 1.2, §2.7), for a device that lies in the image's
// own memory. One CPU runs both ends: no barriers.
#pragma once

#include "virtio/queue.hpp"

namespace osier::virtio {

// Buffers are one descriptor each. Task context.
class device_queue {
 public:
  // What the driver made available; `id` gives it back.
  struct buffer {
    u16 id;
    arch::phys_addr address;
    u32 length;  // in bytes
  };

  void attach(u32 entries, arch::phys_addr descriptors, arch::phys_addr driver_area,
              arch::phys_addr device_area) {
    mask_ = static_cast<u16>(entries - 1);
    descriptors_ = at<descriptor>(descriptors);
    // SAFETY: volatile: the driver's end writes and reads these words between our accesses.
    available_ = at<volatile u16>(driver_area);
    used_ = at<volatile u16>(device_area);
    // The ring lies behind flags and index.
    used_ring_ = at<volatile used_element>(device_area + 2 * sizeof(u16));
    taken_ = given_ = published_ = 0;
  }

  bool has_buffer() const { return available_[1] != taken_; }

  // The oldest buffer; has_buffer() must be true.
  buffer take() {
    const u16 id = available_[2 + (taken_++ & mask_)];
    const descriptor& found = descriptors_[id & mask_];
    return {
        .id = id, .address = static_cast<arch::phys_addr>(found.address), .length = found.length};
  }

  // Gives a buffer back, `written` bytes of it new. The driver sees it at the next publish().
  void give(u16 id, u32 written) {
    // SAFETY: volatile: the driver's end reads it.
    volatile used_element& element = used_ring_[given_++ & mask_];
    element.id = id;
    element.length = written;
  }

  // True where the driver asked for an interrupt (§2.7.10).
  [[nodiscard]] bool publish() {
    const u16 before = published_;
    if (given_ == before) return false;
    used_[1] = published_ = given_;
    const u16 event = available_[3 + mask_];
    return static_cast<u16>(given_ - event - 1) < static_cast<u16>(given_ - before);
  }

  // Has the driver ring the doorbell for the next buffer.
  void request_doorbell() { used_[2 + 4 * (mask_ + 1)] = taken_; }

 private:
  template <class T>
  static T* at(arch::phys_addr address) {
    // SAFETY: the driver's own queue, which lives as long as the image; memory is identity mapped.
    // The other end writes to the rings, so each access to them is volatile.
    return reinterpret_cast<T*>(address);
  }

  u16 mask_ = 0;  // of a position, whose entries are a power of two
  u16 taken_ = 0;
  u16 given_ = 0;
  u16 published_ = 0;
  const descriptor* descriptors_ = nullptr;
  // SAFETY: volatile: the driver's end writes and reads these words between our accesses.
  volatile u16* available_ = nullptr;
  volatile u16* used_ = nullptr;
  volatile used_element* used_ring_ = nullptr;
};

}  // namespace osier::virtio
