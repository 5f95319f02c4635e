/* What the SIMD kernels share. */
#ifndef LSTM_SIMD_H
#define LSTM_SIMD_H

#include <wasm_simd128.h>

#define INLINE static inline __attribute__((always_inline))
#define NO_UNROLL _Pragma("clang loop unroll(disable)")
#define UNROLL _Pragma("clang loop unroll(full)")

/* sum + x y: rounded twice, or, with relaxed SIMD, once where the processor can. */
INLINE v128_t muladd(v128_t x, v128_t y, v128_t sum) {
#ifdef __wasm_relaxed_simd__
    return wasm_f32x4_relaxed_madd(x, y, sum);
#else
    return wasm_f32x4_add(sum, wasm_f32x4_mul(x, y));
#endif
}

INLINE int is_zero(v128_t x) {
    return !wasm_v128_any_true(wasm_f32x4_ne(x, wasm_f32x4_const_splat(0.0f)));
}

#endif
