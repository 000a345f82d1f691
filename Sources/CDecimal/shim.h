// Intel's decimal floating-point library (libbidgcc000: arguments by value, rounding mode and flags passed per call).
// The inline functions below give Swift one entry per operation, whatever macros the library's headers use.
#ifndef ATELIER_CDECIMAL_H
#define ATELIER_CDECIMAL_H

#define DECIMAL_CALL_BY_REFERENCE 0
#define DECIMAL_GLOBAL_ROUNDING 0
#define DECIMAL_GLOBAL_EXCEPTION_FLAGS 0
#define UNCHANGED_BINARY_FLAGS 0
#include <bid_conf.h>
#include <bid_functions.h>

typedef BID_UINT128 decimal128_t;

// Rounding modes: 0 to nearest even, 1 down, 2 up, 3 toward zero, 4 to nearest, ties away.
#define DECIMAL_BINARY(NAME) \
    static inline decimal128_t decimal128_##NAME(decimal128_t a, decimal128_t b, unsigned *flags) { \
        return bid128_##NAME(a, b, 0, flags); \
    }
DECIMAL_BINARY(add)
DECIMAL_BINARY(sub)
DECIMAL_BINARY(mul)
DECIMAL_BINARY(div)
DECIMAL_BINARY(pow)
#undef DECIMAL_BINARY

#define DECIMAL_UNARY(NAME) \
    static inline decimal128_t decimal128_##NAME(decimal128_t a, unsigned *flags) { return bid128_##NAME(a, 0, flags); }
DECIMAL_UNARY(sqrt)
DECIMAL_UNARY(exp)
DECIMAL_UNARY(log)
DECIMAL_UNARY(log10)
DECIMAL_UNARY(sin)
DECIMAL_UNARY(cos)
DECIMAL_UNARY(tan)
DECIMAL_UNARY(asin)
DECIMAL_UNARY(acos)
DECIMAL_UNARY(atan)
DECIMAL_UNARY(sinh)
DECIMAL_UNARY(cosh)
DECIMAL_UNARY(tanh)
DECIMAL_UNARY(asinh)
DECIMAL_UNARY(acosh)
DECIMAL_UNARY(atanh)
#undef DECIMAL_UNARY

static inline decimal128_t decimal128_atan2(decimal128_t a, decimal128_t b, unsigned *flags) { return bid128_atan2(a, b, 0, flags); }
static inline decimal128_t decimal128_fmod(decimal128_t a, decimal128_t b, unsigned *flags) { return bid128_fmod(a, b, flags); }
static inline decimal128_t decimal128_quantize(decimal128_t a, decimal128_t b, unsigned rounding, unsigned *flags) { return bid128_quantize(a, b, rounding, flags); }
static inline decimal128_t decimal128_round_integral(decimal128_t a, unsigned rounding, unsigned *flags) {
    switch (rounding) {
    case 1: return bid128_round_integral_negative(a, flags);
    case 2: return bid128_round_integral_positive(a, flags);
    case 3: return bid128_round_integral_zero(a, flags);
    case 4: return bid128_round_integral_nearest_away(a, flags);
    default: return bid128_round_integral_nearest_even(a, flags);
    }
}
static inline int decimal128_less(decimal128_t a, decimal128_t b, unsigned *flags) { return bid128_quiet_less(a, b, flags); }
static inline int decimal128_equal(decimal128_t a, decimal128_t b, unsigned *flags) { return bid128_quiet_equal(a, b, flags); }
static inline decimal128_t decimal128_from_text(const char *text, unsigned *flags) { return bid128_from_string((char *)text, 0, flags); }
static inline void decimal128_to_text(char *out, decimal128_t a, unsigned *flags) { bid128_to_string(out, a, flags); }
static inline double decimal128_to_double(decimal128_t a, unsigned rounding, unsigned *flags) { return bid128_to_binary64(a, rounding, flags); }
static inline decimal128_t decimal128_from_double(double a, unsigned *flags) { return binary64_to_bid128(a, 0, flags); }

#endif
