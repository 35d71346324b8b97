// SPDX-License-Identifier: Apache-2.0
// <inttypes.h>: clang's own header includes the next one unconditionally; this ends the chain.
#pragma once
