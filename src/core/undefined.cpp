// SPDX-License-Identifier: Apache-2.0
// Where undefined behaviour ends in an image of the profile `hardened`: clang calls these by name
// (UndefinedBehaviorSanitizer's minimal runtime), and they say what it is and fault, so that the
// report is that of an exception, and a fault within a report ends as any other. The last two never
// return, and so have no other name.
#include "core/panic.hpp"

// NOLINTBEGIN(bugprone-reserved-identifier)
#define OSIER_UNDEFINED(name, text)                                   \
  extern "C" [[noreturn, gnu::cold, clang::no_sanitize("undefined")]] \
  void __ubsan_handle_##name() {                                      \
    osier::faults_are_about("undefined behaviour: " text);            \
    __builtin_trap();                                                 \
  }

OSIER_UNDEFINED(add_overflow_minimal_abort, "signed addition overflows")
OSIER_UNDEFINED(sub_overflow_minimal_abort, "signed subtraction overflows")
OSIER_UNDEFINED(mul_overflow_minimal_abort, "signed multiplication overflows")
OSIER_UNDEFINED(negate_overflow_minimal_abort, "signed negation overflows")
OSIER_UNDEFINED(divrem_overflow_minimal_abort, "division by zero, or its result overflows")
OSIER_UNDEFINED(shift_out_of_bounds_minimal_abort, "shift by a negative or too large number")
OSIER_UNDEFINED(out_of_bounds_minimal_abort, "array index out of bounds")
OSIER_UNDEFINED(pointer_overflow_minimal_abort, "pointer arithmetic overflows")
OSIER_UNDEFINED(type_mismatch_minimal_abort, "null, misaligned or too small object accessed")
OSIER_UNDEFINED(alignment_assumption_minimal_abort, "assumed alignment does not hold")
OSIER_UNDEFINED(nonnull_arg_minimal_abort, "null given where null is not allowed")
OSIER_UNDEFINED(nonnull_return_minimal_abort, "null returned where null is not allowed")
OSIER_UNDEFINED(nullability_arg_minimal_abort, "null given where null is not allowed")
OSIER_UNDEFINED(nullability_return_minimal_abort, "null returned where null is not allowed")
OSIER_UNDEFINED(load_invalid_value_minimal_abort, "value that its type cannot have")
OSIER_UNDEFINED(invalid_builtin_minimal_abort, "zero given to a builtin that does not take it")
OSIER_UNDEFINED(float_cast_overflow_minimal_abort,
                "number beyond the integer type that it is converted to")
OSIER_UNDEFINED(vla_bound_not_positive_minimal_abort, "array of a length that is not positive")
OSIER_UNDEFINED(function_type_mismatch_minimal_abort, "function called as another type")
OSIER_UNDEFINED(missing_return_minimal, "end of a function that has to return a value")
OSIER_UNDEFINED(builtin_unreachable_minimal, "code that cannot be reached is reached")
// NOLINTEND(bugprone-reserved-identifier)
