// SPDX-License-Identifier: Apache-2.0
// Powers off at once: what remains of its boot is QEMU's own.
#include "machine.hpp"

task<> app_main(machine::console) { co_return; }
