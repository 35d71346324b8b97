// SPDX-License-Identifier: Apache-2.0
// <stdio.h>: names that libc++'s headers refer to; there are no files and nothing here is defined.
#pragma once

#define EOF (-1)

#ifdef __cplusplus
extern "C" {
#endif

// <cstdio> must find the C function, or its using-declaration hides the algorithm std::remove.
int remove(const char* path);

#ifdef __cplusplus
}
#endif
