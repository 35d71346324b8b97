// SPDX-License-Identifier: Apache-2.0
// What apps/udp-send does, with this folder's peer.
#include "../../../../apps/udp-send/main.cpp"  // NOLINT(bugprone-suspicious-include): the same app
