// SPDX-License-Identifier: Apache-2.0
// <stdlib.h>: types and functions that libc++'s headers overload, none of which is defined; and
// the heap, which new.cpp defines in images that have one.
#pragma once
#include <stddef.h>

typedef struct {
  long quot;
  long rem;
} ldiv_t;

typedef struct {
  long long quot;
  long long rem;
} lldiv_t;

#ifdef __cplusplus
extern "C" {
#endif

long labs(long value);
long long llabs(long long value);
ldiv_t ldiv(long numerator, long denominator);
lldiv_t lldiv(long long numerator, long long denominator);

// nullptr where there is no memory. Task context.
void* malloc(size_t size);
void* calloc(size_t count, size_t size);
void* realloc(void* bytes, size_t size);
void* aligned_alloc(size_t align, size_t size);
void free(void* bytes);

#ifdef __cplusplus
}
#endif
