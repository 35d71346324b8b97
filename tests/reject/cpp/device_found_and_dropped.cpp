// EXPECT: ignoring return value of function declared with 'nodiscard' attribute
// EXPECT: invalid invocation of method '~device' on a temporary object while it is in the 'unconsumed' state
// SPDX-License-Identifier: Apache-2.0
// A device that was reset is brought up.

#include "board.hpp"

void boot_device() {
#ifndef TWIN
  board::reset_device::find(1);
#else
  (void)board::reset_device::find(1).acknowledge().drive().negotiate<virtio::version_1>().start();
#endif
}
