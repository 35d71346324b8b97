// SPDX-License-Identifier: Apache-2.0
// <stdlib.h>: types and functions that libc++'s headers overload; none of the functions is defined.
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

#ifdef __cplusplus
}
#endif
