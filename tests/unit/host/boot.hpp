// SPDX-License-Identifier: Apache-2.0
// What an image's osier_boot() holds, for tests on the host.
#pragma once

#include "boot/phase.hpp"

namespace osier::host {

// A boot of the test's own, to be taken to its next phase.
boot::phase<boot::entry> begin_boot();

// The proof that handles and lines are made of.
const boot::phase<boot::entry>& entry();

}  // namespace osier::host
