// SPDX-License-Identifier: Apache-2.0
// <string.h>: the memory functions of mem.cpp, and what libc++'s headers must see declared.
#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

void* memcpy(void* to, const void* from, size_t size);
void* memmove(void* to, const void* from, size_t size);
void* memset(void* to, int byte, size_t size);
int memcmp(const void* left, const void* right, size_t size);
size_t strlen(const char* text);

#ifdef __cplusplus
}
#endif
