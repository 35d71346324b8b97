// SPDX-License-Identifier: Apache-2.0
// <time.h>: types that std::chrono names; no clock of the C library exists.
#pragma once

typedef long long time_t;
