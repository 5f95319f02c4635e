/* The element-wise kernels in 128-bit WebAssembly SIMD. */
#include "activations.h"
#include "kernels.h"
#include "simd.h"

/* The constants of tanh, read from memory: engines build a v128.const anew at each use, which
 * costs more than a load. The empty asm hides from clang that they are constants. */
static const float tanh_constants[] = {TANH_P0, TANH_P1, TANH_P2,    TANH_P3, TANH_Q1, TANH_Q2,
                                       TANH_Q3, TANH_Q4, TANH_CLAMP, 0.5f,    1.0f};

struct tanh_terms {
    v128_t p0, p1, p2, p3, q1, q2, q3, q4, clamp, half, one;
};

INLINE struct tanh_terms load_tanh_terms(void) {
    const float *c = tanh_constants;
    __asm__("" : "+r"(c));
    return (struct tanh_terms){
        wasm_v128_load32_splat(c),     wasm_v128_load32_splat(c + 1), wasm_v128_load32_splat(c + 2),
        wasm_v128_load32_splat(c + 3), wasm_v128_load32_splat(c + 4), wasm_v128_load32_splat(c + 5),
        wasm_v128_load32_splat(c + 6), wasm_v128_load32_splat(c + 7), wasm_v128_load32_splat(c + 8),
        wasm_v128_load32_splat(c + 9), wasm_v128_load32_splat(c + 10)};
}

INLINE v128_t tanh4(v128_t x, const struct tanh_terms *c) {
    x = wasm_f32x4_pmax(wasm_f32x4_pmin(x, c->clamp), wasm_f32x4_neg(c->clamp));
    v128_t y = wasm_f32x4_mul(x, x);
    v128_t p = muladd(muladd(muladd(c->p3, y, c->p2), y, c->p1), y, c->p0);
    v128_t q = muladd(muladd(muladd(muladd(c->q4, y, c->q3), y, c->q2), y, c->q1), y, c->one);
    return wasm_f32x4_div(wasm_f32x4_mul(x, p), q);
}

INLINE v128_t sigmoid4(v128_t x, const struct tanh_terms *c) {
    return muladd(c->half, tanh4(wasm_f32x4_mul(c->half, x), c), c->half);
}

void kernel_activate(float *y, const float *x, enum kernel_activation activation, size_t count) {
    const struct tanh_terms c = load_tanh_terms();
    for (size_t i = 0; i < count; i += 4) {
        v128_t z = wasm_v128_load(x + i);
        wasm_v128_store(y + i, activation == KERNEL_TANH       ? tanh4(z, &c)
                               : activation == KERNEL_LOGISTIC ? sigmoid4(z, &c)
                                                               : z);
    }
}

/* The slope of sigmoid and of tanh, from their value. */
INLINE v128_t sigmoid_slope(v128_t y) {
    return wasm_f32x4_mul(y, wasm_f32x4_sub(wasm_f32x4_const_splat(1.0f), y));
}

INLINE v128_t tanh_slope(v128_t y) {
    return wasm_f32x4_sub(wasm_f32x4_const_splat(1.0f), wasm_f32x4_mul(y, y));
}

void kernel_activate_backward(float *dx, const float *dy, const float *y,
                              enum kernel_activation activation, size_t count) {
    for (size_t i = 0; i < count; i += 4) {
        v128_t d = wasm_v128_load(dy + i), value = wasm_v128_load(y + i);
        wasm_v128_store(dx + i, activation == KERNEL_TANH ? wasm_f32x4_mul(d, tanh_slope(value))
                                : activation == KERNEL_LOGISTIC
                                    ? wasm_f32x4_mul(d, sigmoid_slope(value))
                                    : d);
    }
}

/* p_i, p_f and p_o of one quad of units, where the cell has them. */
struct peepholes {
    v128_t i, f, o;
};

INLINE struct peepholes load_peepholes(const float *p, int quad, int quads) {
    size_t at = (size_t)quad * 4, units = (size_t)quads * 4;
    return (struct peepholes){wasm_v128_load(p + at), wasm_v128_load(p + units + at),
                              wasm_v128_load(p + 2 * units + at)};
}

/* Inlined twice, with peepholes and with NULL, so that the plain LSTM does no more than it did. */
INLINE void lstm_forward(float *gates, float *c, float *tanh_c, float *h, const float *c_last,
                         const float *peepholes, float forget_bias, int m, int stride, int quads) {
    const struct tanh_terms t = load_tanh_terms();
    size_t count = (size_t)m * 4, size = (size_t)stride * 4;
    for (int q = 0; q < quads; q++) {
        float *gi = gates + (size_t)q * 4 * size;
        float *gj = gi + size;
        float *gf = gj + size;
        float *go = gf + size;
        struct peepholes p = {0};
        if (peepholes) {
            p = load_peepholes(peepholes, q, quads);
        }
        NO_UNROLL for (size_t e = 0; e < count; e += 4) {
            v128_t last = wasm_v128_load(c_last + e);
            v128_t zi = wasm_v128_load(gi + e), zf = wasm_v128_load(gf + e);
            if (peepholes) {
                zi = muladd(p.i, last, zi);
                zf = muladd(p.f, last, zf);
            }
            v128_t i = sigmoid4(zi, &t);
            wasm_v128_store(gi + e, i);
            v128_t j = tanh4(wasm_v128_load(gj + e), &t);
            wasm_v128_store(gj + e, j);
            v128_t product = wasm_f32x4_mul(i, j);
            v128_t bias = wasm_f32x4_splat(forget_bias);
            v128_t f = sigmoid4(wasm_f32x4_add(zf, bias), &t);
            wasm_v128_store(gf + e, f);
            wasm_v128_store(c + e, muladd(f, last, product));
        }
        NO_UNROLL for (size_t e = 0; e < count; e += 4) {
            v128_t cell = wasm_v128_load(c + e), zo = wasm_v128_load(go + e);
            if (peepholes) {
                zo = muladd(p.o, cell, zo);
            }
            v128_t o = sigmoid4(zo, &t);
            wasm_v128_store(go + e, o);
            v128_t tc = tanh4(cell, &t);
            wasm_v128_store(tanh_c + e, tc);
            wasm_v128_store(h + e, wasm_f32x4_mul(o, tc));
        }
        c += size, tanh_c += size, h += size, c_last += size;
    }
}

void kernel_lstm_forward(float *gates, float *c, float *tanh_c, float *h, const float *c_last,
                         const float *peepholes, float forget_bias, int m, int stride, int quads) {
    if (peepholes) {
        lstm_forward(gates, c, tanh_c, h, c_last, peepholes, forget_bias, m, stride, quads);
    } else {
        lstm_forward(gates, c, tanh_c, h, c_last, NULL, forget_bias, m, stride, quads);
    }
}

INLINE void lstm_backward(float *gates, float *dc, const float *dh, const float *c_last,
                          const float *tanh_c, const float *peepholes, int m, int stride,
                          int quads) {
    size_t count = (size_t)m * 4, size = (size_t)stride * 4;
    for (int q = 0; q < quads; q++) {
        float *gi = gates + (size_t)q * 4 * size;
        float *gj = gi + size;
        float *gf = gj + size;
        float *go = gf + size;
        struct peepholes p = {0};
        if (peepholes) {
            p = load_peepholes(peepholes, q, quads);
        }
        NO_UNROLL for (size_t e = 0; e < count; e += 4) {
            v128_t i = wasm_v128_load(gi + e), j = wasm_v128_load(gj + e);
            v128_t f = wasm_v128_load(gf + e), o = wasm_v128_load(go + e);
            v128_t tc = wasm_v128_load(tanh_c + e), h = wasm_v128_load(dh + e);
            v128_t d = muladd(wasm_f32x4_mul(h, o), tanh_slope(tc), wasm_v128_load(dc + e));
            v128_t d_o = wasm_f32x4_mul(wasm_f32x4_mul(h, tc), sigmoid_slope(o));
            wasm_v128_store(go + e, d_o);
            if (peepholes) {
                d = muladd(d_o, p.o, d);
            }
            v128_t d_i = wasm_f32x4_mul(wasm_f32x4_mul(d, j), sigmoid_slope(i));
            wasm_v128_store(gi + e, d_i);
            wasm_v128_store(gj + e, wasm_f32x4_mul(wasm_f32x4_mul(d, i), tanh_slope(j)));
            v128_t last = wasm_v128_load(c_last + e);
            v128_t d_f = wasm_f32x4_mul(wasm_f32x4_mul(d, last), sigmoid_slope(f));
            wasm_v128_store(gf + e, d_f);
            v128_t d_last = wasm_f32x4_mul(d, f);
            if (peepholes) {
                d_last = muladd(d_f, p.f, muladd(d_i, p.i, d_last));
            }
            wasm_v128_store(dc + e, d_last);
        }
        dc += size, dh += size, c_last += size, tanh_c += size;
    }
}

void kernel_lstm_backward(float *gates, float *dc, const float *dh, const float *c_last,
                          const float *tanh_c, const float *peepholes, int m, int stride,
                          int quads) {
    if (peepholes) {
        lstm_backward(gates, dc, dh, c_last, tanh_c, peepholes, m, stride, quads);
    } else {
        lstm_backward(gates, dc, dh, c_last, tanh_c, NULL, m, stride, quads);
    }
}

void kernel_peephole_gradients(float *dpeepholes, const float *dgates, const float *c,
                               const int *rows, int m, int quads, int steps, size_t gates_step,
                               size_t c_step) {
    size_t size = (size_t)m * 4, units = (size_t)quads * 4;
    for (size_t u = 0; u < units; u += 4) {
        float *at = dpeepholes + u;
        v128_t sum_i = wasm_v128_load(at), sum_f = wasm_v128_load(at + units);
        v128_t sum_o = wasm_v128_load(at + 2 * units);
        for (int s = 0; s < steps; s++) {
            const float *gi = dgates + (size_t)s * gates_step + u * 4 * (size_t)m;
            const float *gf = gi + 2 * size, *go = gi + 3 * size;
            const float *c_last = c + (size_t)s * c_step + u * (size_t)m;
            size_t count = (size_t)(rows ? rows[s] : m) * 4;
            NO_UNROLL for (size_t e = 0; e < count; e += 4) {
                v128_t last = wasm_v128_load(c_last + e);
                sum_i = muladd(wasm_v128_load(gi + e), last, sum_i);
                sum_f = muladd(wasm_v128_load(gf + e), last, sum_f);
                sum_o = muladd(wasm_v128_load(go + e), wasm_v128_load(c_last + c_step + e), sum_o);
            }
        }
        wasm_v128_store(at, sum_i);
        wasm_v128_store(at + units, sum_f);
        wasm_v128_store(at + 2 * units, sum_o);
    }
}

void kernel_gru_forward(float *gates, float *h, const float *h_last, int m, int stride, int quads) {
    const struct tanh_terms t = load_tanh_terms();
    size_t count = (size_t)m * 4, size = (size_t)stride * 4, block = size * (size_t)quads;
    for (int q = 0; q < quads; q++, gates += size, h += size, h_last += size) {
        float *gr = gates, *gz = gr + block, *gn = gz + block;
        const float *from_h = gn + block;
        NO_UNROLL for (size_t e = 0; e < count; e += 4) {
            v128_t r = sigmoid4(wasm_v128_load(gr + e), &t);
            wasm_v128_store(gr + e, r);
            v128_t z = sigmoid4(wasm_v128_load(gz + e), &t);
            wasm_v128_store(gz + e, z);
            v128_t n = tanh4(muladd(r, wasm_v128_load(from_h + e), wasm_v128_load(gn + e)), &t);
            wasm_v128_store(gn + e, n);
            wasm_v128_store(h + e, muladd(z, wasm_f32x4_sub(wasm_v128_load(h_last + e), n), n));
        }
    }
}

void kernel_gru_backward(float *gates, float *dh, const float *h_last, int m, int stride,
                         int quads) {
    const v128_t one = wasm_f32x4_const_splat(1.0f);
    size_t count = (size_t)m * 4, size = (size_t)stride * 4, block = size * (size_t)quads;
    for (int q = 0; q < quads; q++, gates += size, dh += size, h_last += size) {
        float *gr = gates, *gz = gr + block, *gn = gz + block, *from_h = gn + block;
        NO_UNROLL for (size_t e = 0; e < count; e += 4) {
            v128_t r = wasm_v128_load(gr + e), z = wasm_v128_load(gz + e);
            v128_t n = wasm_v128_load(gn + e), d = wasm_v128_load(dh + e);
            v128_t rest = wasm_f32x4_sub(wasm_v128_load(h_last + e), n);
            wasm_v128_store(gz + e, wasm_f32x4_mul(wasm_f32x4_mul(d, rest), sigmoid_slope(z)));
            v128_t d_n = wasm_f32x4_mul(wasm_f32x4_mul(d, wasm_f32x4_sub(one, z)), tanh_slope(n));
            wasm_v128_store(gn + e, d_n);
            v128_t d_r = wasm_f32x4_mul(d_n, wasm_v128_load(from_h + e));
            wasm_v128_store(gr + e, wasm_f32x4_mul(d_r, sigmoid_slope(r)));
            wasm_v128_store(from_h + e, wasm_f32x4_mul(d_n, r));
            wasm_v128_store(dh + e, wasm_f32x4_mul(d, z));
        }
    }
}

void kernel_adam(float *p, float *m, float *v, const float *g, const struct kernel_adam_step *step,
                 size_t count) {
    const v128_t beta1 = wasm_f32x4_splat(step->beta1);
    const v128_t beta2 = wasm_f32x4_splat(step->beta2);
    const v128_t rest1 = wasm_f32x4_splat(1.0f - step->beta1);
    const v128_t rest2 = wasm_f32x4_splat(1.0f - step->beta2);
    const v128_t rate = wasm_f32x4_splat(step->rate);
    const v128_t v_scale = wasm_f32x4_splat(step->v_scale);
    const v128_t epsilon = wasm_f32x4_splat(step->epsilon);
    const v128_t g_scale = wasm_f32x4_splat(step->g_scale);
    NO_UNROLL for (size_t i = 0; i < count; i += 4) {
        v128_t gradient = wasm_f32x4_mul(wasm_v128_load(g + i), g_scale);
        v128_t old_m = wasm_f32x4_mul(beta1, wasm_v128_load(m + i));
        v128_t old_v = wasm_f32x4_mul(beta2, wasm_v128_load(v + i));
        v128_t new_m = muladd(rest1, gradient, old_m);
        v128_t new_v = muladd(rest2, wasm_f32x4_mul(gradient, gradient), old_v);
        wasm_v128_store(m + i, new_m);
        wasm_v128_store(v + i, new_v);
        v128_t divisor = muladd(v_scale, wasm_f32x4_sqrt(new_v), epsilon);
        v128_t change = wasm_f32x4_div(wasm_f32x4_mul(rate, new_m), divisor);
        wasm_v128_store(p + i, wasm_f32x4_sub(wasm_v128_load(p + i), change));
    }
}

/* Four columns times `quads`, side by side to hide the latency of additions. */
INLINE void column_sum(float *sum, const float *d, const int *rows, int m, int steps, size_t d_step,
                       const int quads) {
    v128_t total[4];
    UNROLL for (int q = 0; q < quads; q++) {
        total[q] = wasm_v128_load(sum + q * 4);
    }
    for (int s = 0; s < steps; s++, d += d_step) {
        int count = rows ? rows[s] : m;
        NO_UNROLL for (int row = 0; row < count; row++) {
            UNROLL for (int q = 0; q < quads; q++) {
                total[q] = wasm_f32x4_add(total[q], wasm_v128_load(d + (q * m + row) * 4));
            }
        }
    }
    UNROLL for (int q = 0; q < quads; q++) {
        wasm_v128_store(sum + q * 4, total[q]);
    }
}

void kernel_column_sum(float *sum, const float *d, const int *rows, int m, int n, int steps,
                       size_t d_step) {
    int col = 0;
    for (; col + 16 <= n; col += 16) {
        column_sum(sum + col, d + (size_t)col * (size_t)m, rows, m, steps, d_step, 4);
    }
    for (; col < n; col += 4) {
        column_sum(sum + col, d + (size_t)col * (size_t)m, rows, m, steps, d_step, 1);
    }
}

void kernel_add(float *a, const float *b, size_t count) {
    for (size_t i = 0; i < count; i += 4) {
        wasm_v128_store(a + i, wasm_f32x4_add(wasm_v128_load(a + i), wasm_v128_load(b + i)));
    }
}

double kernel_sum_squares(const float *x, size_t count) {
    double sum = 0.0;
    for (size_t block = 0; block < count; block += 1024) {
        size_t end = block + 1024 < count ? block + 1024 : count;
        v128_t lane = wasm_f32x4_const_splat(0.0f);
        for (size_t i = block; i < end; i += 4) {
            v128_t y = wasm_v128_load(x + i);
            lane = muladd(y, y, lane);
        }
        sum +=
            ((double)wasm_f32x4_extract_lane(lane, 0) + (double)wasm_f32x4_extract_lane(lane, 1)) +
            ((double)wasm_f32x4_extract_lane(lane, 2) + (double)wasm_f32x4_extract_lane(lane, 3));
    }
    return sum;
}
