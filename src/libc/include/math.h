// SPDX-License-Identifier: Apache-2.0
// <math.h>: the classification constants that libc++ names; images use no floating point.
#pragma once

#define FP_NAN 0
#define FP_INFINITE 1
#define FP_ZERO 2
#define FP_SUBNORMAL 3
#define FP_NORMAL 4
