// SPDX-License-Identifier: Apache-2.0
// The hart's time and its alarm in supervisor mode: the compare register of the Sstc extension 1.0,
// or the call of firmware that has it to itself (RISC-V SBI specification 1.0, chapters 4 and 6).
#pragma once

#include <type_traits>

#include "core/units.hpp"
#include "csr.hpp"
#include "sbi.hpp"

namespace osier::arch {

struct supervisor_time {
  // The time CSR. A carry between its halves is seen by the high one, which is read around the low.
  static u64 count() {
    if constexpr (sizeof(word) == 8) {
      return read_csr<counter_time>();
    } else {
      word high = read_csr<counter_timeh>();
      for (;;) {
        const word low = read_csr<counter_time>();
        const word again = read_csr<counter_timeh>();
        if (again == high) return u64{high} << 32 | low;
        high = again;
      }
    }
  }
};

struct sstc_timer : supervisor_time {
  // Whether there is an alarm, which this sets to `never`. A hart without the register traps.
  static bool has_alarm(u64 never) {
    set_compare(never);
    return read_csr<stimecmp>() == static_cast<word>(never);
  }

  // The timer's interrupt is pending from this time on.
  static void set_compare(u64 value) {
    if constexpr (sizeof(word) == 8) {
      write_csr<stimecmp>(value);
    } else {
      write_csr<stimecmp>(~word{0});  // out of reach, so that no early interrupt comes between
      write_csr<stimecmph>(static_cast<word>(value >> 32));
      write_csr<stimecmp>(static_cast<word>(value));
    }
  }
};

struct sbi_timer : supervisor_time {
  // Whether the firmware has the call, by which this sets the alarm to `never`.
  static bool has_alarm(u64 never) {
    const sbi_result found = sbi_call(base, probe_extension, timer);
    if (found.error != 0 || found.value == 0) return false;
    set_compare(never);
    return true;
  }

  static void set_compare(u64 value) {
    sbi_call(timer, set_timer, static_cast<word>(value), static_cast<word>(value >> 32));
  }

 private:
  static constexpr u32 base = 0x10;
  static constexpr u32 probe_extension = 3;
  static constexpr u32 timer = 0x5449'4d45;
  static constexpr u32 set_timer = 0;
};

template <bool Firmware>
using supervisor_timer = std::conditional_t<Firmware, sbi_timer, sstc_timer>;

}  // namespace osier::arch
