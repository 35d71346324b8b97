// SPDX-License-Identifier: Apache-2.0
// Whether there is as much RAM as the devicetree states.
#pragma once

namespace osier::mem {

// Writes and reads back the last word of the RAM that the image may use; where it is not kept, or
// nothing answers, the panic names the node. At boot, on memory that nobody uses yet.
void verify_ram();

}  // namespace osier::mem
