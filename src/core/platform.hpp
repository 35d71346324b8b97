// SPDX-License-Identifier: Apache-2.0
// The seam between src/ and the generated code: what machine.cpp defines for one image.
//
// Each of these is a line of glue onto a driver that the generator chose; src/ never names one.
#pragma once

#include <chrono>
#include <span>
#include <string_view>

#include "core/units.hpp"
#include "time/clock.hpp"

namespace osier::mem {
class heap;
}

namespace osier::platform {

// Queues text for the console. Any context. May wait for the hardware where its buffer is full.
void console_write(std::string_view text);

// Writes text to the console and polls until the last byte has left. For panics: needs neither
// interrupts nor the queue, and what the queue holds goes first. Interrupts masked.
void console_flush(std::string_view text);

// Ends the image with the app's status, 0 or 2 to 63: what was sent and printed leaves first. Task
// context. An app that returns from app_main ends with 0.
[[noreturn]] void end(int status);

// Turns the machine off at once; touches nothing that a panic could be about, such as the console.
// Where the machine has no way to do so, the CPU halts. Any context.
[[noreturn]] void power_off(int status);

// The time now. Any context.
time::instant now();

// A count for later, cheaper than now(), and about how many ticks of the timer have passed since
// then. Any context.
u64 stamp();
u64 ticks_since(u64 stamp);

// The rate of the timer. Any context.
hertz timer_rate();

// Has the timer interrupt at a moment; an earlier request is replaced. Task context.
// Defined in images that have the role `timer`, as all with a network do: waiting for a moment does
// not link in others.
void set_alarm(time::instant when);

// The date, from the role `rtc`; defined in images that use it. Task context.
std::chrono::sys_seconds wall_clock();

// A claimed node and one of its blocks of addresses, to name the node that a fault lies in.
struct claimed_block {
  u64 base;
  u64 size;
  std::string_view path;
};
// All of them. Any context.
std::span<const claimed_block> registers();

// The heap, of the app's heap-size bytes; defined in images that have one. Task context.
mem::heap& heap();

// The RAM that the image may use, from where it lies to the end. Any context.
claimed_block ram();

}  // namespace osier::platform
