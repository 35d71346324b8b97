// SPDX-License-Identifier: Apache-2.0
// Echoes and tells the counters.
#include "../net-counters/main.cpp"  // NOLINT(bugprone-suspicious-include): the same app
