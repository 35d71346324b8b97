// SPDX-License-Identifier: Apache-2.0
// mbstate_t: libc++ names the type in char_traits; no multibyte conversion exists.
#pragma once

typedef struct {
  unsigned char unused;
} mbstate_t;
