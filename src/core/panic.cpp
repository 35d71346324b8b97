// SPDX-License-Identifier: Apache-2.0
// How a panic reaches the console and ends the machine.
#include "core/panic.hpp"

#include "arch.hpp"
#include "console/history.hpp"
#include "core/integrity.hpp"
#include "core/platform.hpp"
#include "irq/history.hpp"

namespace osier {
namespace {

constinit bool panicking = false;

void write_past_queues(void*, std::string_view text) { platform::console_flush(text); }

}  // namespace

constinit std::string_view detail::fault_subject = {};

sink begin_panic(std::string_view node) {
  arch::disable_interrupts();
  // A panic while one is being printed would print forever, most of all where the console itself is
  // what fails: what is out is out.
  if (panicking) platform::power_off(panic_status);
  panicking = true;
  sink out{write_past_queues, nullptr};
  out.write("panic: ");
  if (node.empty()) node = detail::fault_subject;
  if (!node.empty()) {
    out.write(node);
    out.write(": ");
  }
  return out;
}

void end_panic() {
  sink out{write_past_queues, nullptr};
  irq::print_history(out);
  log::print_kept(out);
#ifdef OSIER_VERIFY_IMAGE
  if (!image_is_as_built()) out.write("\n  code or constants are not as they were built");
#endif
  platform::console_flush("\n");
  platform::power_off(panic_status);
}

}  // namespace osier

// What libc++'s hardened containers call where an index or an access is out of bounds.
extern "C" [[noreturn]] void osier_assertion_failed(const char* message) noexcept {
  osier::panic("{}", message);
}
