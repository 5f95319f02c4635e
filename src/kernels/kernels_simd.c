/* The kernels in 128-bit WebAssembly SIMD: the only file with intrinsics.
 *
 * What shapes them is the engines' register allocation. x86-64 leaves 15 vector registers; a tile of R
 * rows x V vectors of sums holds R V + V + 2 values, without the product one less. 4 x 2 runs as fast in
 * Node 20 as in newer V8; 5 x 2, just within 15, is a third slower in Node 20, but hides the longer
 * latency of fused multiply-adds. Loops over k are not unrolled: clang would interleave the steps, and the
 * engine spill. */
#include "kernels.h"

#include <wasm_simd128.h>

#include "activations.h"

#define INLINE static inline __attribute__((always_inline))
#define NO_UNROLL _Pragma("clang loop unroll(disable)")
#define UNROLL _Pragma("clang loop unroll(full)")

/* sum + x y. */
INLINE v128_t muladd(v128_t x, v128_t y, v128_t sum) {
#ifdef __wasm_relaxed_simd__
    return wasm_f32x4_relaxed_madd(x, y, sum);
#else
    return wasm_f32x4_add(sum, wasm_f32x4_mul(x, y));
#endif
}

/* ---- gemm: out = start + a w ---- */

enum {
    GEMM_CACHE_FLOATS = 12 * 1024, /* 48 KiB */
    GEMM_LEAST_DEPTH = 64, /* less, and loading and storing the sums costs more than it saves */
    GEMM_TN_CACHE_FLOATS = 96 * 1024, /* 384 KiB */
};

enum { TILE_ROWS = 5 }; /* the largest tile */
#ifdef __wasm_relaxed_simd__
static const int max_rows = 5;
#else
static const int max_rows = 4;
#endif

/* One tile: `rows` rows of the batch x `vecs` quads of columns. a and out point at the tile's first row,
 * w at the panel; a_quad: floats between quads of a and of out. */
INLINE void gemm_tile(float *out, const float *a, const float *w, const float *bias,
                      enum kernel_start start, size_t quad, int k, const int rows, const int vecs) {
    v128_t sum[TILE_ROWS][2];
    UNROLL for (int r = 0; r < rows; r++) {
        UNROLL for (int v = 0; v < vecs; v++) {
            sum[r][v] = start == KERNEL_START_OUT ? wasm_v128_load(out + (size_t)v * quad + r * 4)
                        : start == KERNEL_START_BIAS ? wasm_v128_load(bias + v * 4)
                                                     : wasm_f32x4_const_splat(0.0f);
        }
    }
    for (const float *w_end = w + (size_t)(k * vecs) * 4; w != w_end; a += quad) {
        const float *x = a;
        NO_UNROLL for (int i = 0; i < 4; i++) {
            v128_t y[2];
            UNROLL for (int v = 0; v < vecs; v++) {
                y[v] = wasm_v128_load(w + v * 4);
            }
            UNROLL for (int r = 0; r < rows; r++) {
                v128_t x_r = wasm_v128_load32_splat(x + r * 4);
                UNROLL for (int v = 0; v < vecs; v++) {
                    sum[r][v] = muladd(x_r, y[v], sum[r][v]);
                }
            }
            x++;
            w += 4 * vecs;
        }
    }
    UNROLL for (int r = 0; r < rows; r++) {
        UNROLL for (int v = 0; v < vecs; v++) {
            wasm_v128_store(out + (size_t)v * quad + r * 4, sum[r][v]);
        }
    }
}

#define GEMM_TILE(ROWS, VECS)                                                                      \
    static void gemm_tile_##ROWS##x##VECS(float *out, const float *a, const float *w,              \
                                          const float *bias, enum kernel_start start, size_t quad, \
                                          int k) {                                                 \
        gemm_tile(out, a, w, bias, start, quad, k, ROWS, VECS);                                    \
    }
GEMM_TILE(1, 1)
GEMM_TILE(2, 1)
GEMM_TILE(3, 1)
GEMM_TILE(4, 1)
GEMM_TILE(5, 1)
GEMM_TILE(1, 2)
GEMM_TILE(2, 2)
GEMM_TILE(3, 2)
GEMM_TILE(4, 2)
GEMM_TILE(5, 2)

typedef void gemm_tile_fn(float *, const float *, const float *, const float *, enum kernel_start,
                          size_t, int);

static gemm_tile_fn *const gemm_tiles[2][TILE_ROWS] = {
    {gemm_tile_1x1, gemm_tile_2x1, gemm_tile_3x1, gemm_tile_4x1, gemm_tile_5x1},
    {gemm_tile_1x2, gemm_tile_2x2, gemm_tile_3x2, gemm_tile_4x2, gemm_tile_5x2},
};

enum { GEMV_PANELS = 5 };

/* One row: up to five panels of eight columns side by side, so that ten sums hide the adds' latency. */
INLINE void gemv_tile(float *out, const float *a, const float *w, const float *bias,
                      enum kernel_start start, int k, size_t panel, const int panels) {
    v128_t sum[GEMV_PANELS][2];
    UNROLL for (int p = 0; p < panels; p++) {
        UNROLL for (int v = 0; v < 2; v++) {
            const int at = p * 8 + v * 4;
            sum[p][v] = start == KERNEL_START_OUT    ? wasm_v128_load(out + at)
                        : start == KERNEL_START_BIAS ? wasm_v128_load(bias + at)
                                                     : wasm_f32x4_const_splat(0.0f);
        }
    }
    NO_UNROLL for (int i = 0; i < k; i++) {
        v128_t x = wasm_v128_load32_splat(a + i);
        const float *y = w + (size_t)i * 8;
        UNROLL for (int p = 0; p < panels; p++) {
            sum[p][0] = muladd(x, wasm_v128_load(y), sum[p][0]);
            sum[p][1] = muladd(x, wasm_v128_load(y + 4), sum[p][1]);
            y += panel;
        }
    }
    UNROLL for (int p = 0; p < panels; p++) {
        wasm_v128_store(out + p * 8, sum[p][0]);
        wasm_v128_store(out + p * 8 + 4, sum[p][1]);
    }
}

#define GEMV_TILE(PANELS)                                                                          \
    static void gemv_tile_##PANELS(float *out, const float *a, const float *w, const float *bias,  \
                                   enum kernel_start start, int k, size_t panel) {                 \
        gemv_tile(out, a, w, bias, start, k, panel, PANELS);                                       \
    }
GEMV_TILE(1)
GEMV_TILE(2)
GEMV_TILE(3)
GEMV_TILE(4)
GEMV_TILE(5)

typedef void gemv_tile_fn(float *, const float *, const float *, const float *, enum kernel_start,
                          int, size_t);

static gemv_tile_fn *const gemv_tiles[GEMV_PANELS] = {gemv_tile_1, gemv_tile_2, gemv_tile_3,
                                                      gemv_tile_4, gemv_tile_5};

/* All rows and columns, over the `k` rows of w from `first` on. */
static void gemm_block(float *out, const float *a, const float *w, const float *bias,
                       enum kernel_start start, int m, int n, int first, int k, size_t panel) {
    size_t quad = (size_t)m * 4;
    int tiles = (m + max_rows - 1) / max_rows;
    a += (size_t)first * (size_t)m;
    for (int col = 0; col < n; col += 8) {
        int is_whole = n - col >= 8; /* the last panel may be four wide */
        const float *w_first = w + (size_t)first * (is_whole ? 8 : 4);
        gemm_tile_fn *const *tile = gemm_tiles[is_whole];
        for (int i = 0, row = 0; i < tiles; i++) {
            int rows = (m - row + tiles - i - 1) / (tiles - i); /* as even as can be */
            tile[rows - 1](out + row * 4, a + row * 4, w_first, bias, start, quad, k);
            row += rows;
        }
        out += 2 * quad, w += panel;
        bias = bias ? bias + 8 : bias;
    }
}

/* One row, whose sums need no cache for a. Returns the columns done: all but the last half panel. */
static int gemv(float *out, const float *a, const float *w, const float *bias,
                enum kernel_start start, int n, int k, size_t panel) {
    int col = 0;
    while (n - col >= 8) {
        int panels = (n - col) / 8 < GEMV_PANELS ? (n - col) / 8 : GEMV_PANELS;
        gemv_tiles[panels - 1](out + col, a, w + (size_t)(col / 8) * panel,
                               bias ? bias + col : bias, start, k, panel);
        col += panels * 8;
    }
    return col;
}

void kernel_gemm(float *out, const float *a, const float *w, const float *bias,
                 enum kernel_start start, int m, int n, int k, int k_total) {
    size_t panel = (size_t)k_total * 8;
    int col = m == 1 ? gemv(out, a, w, bias, start, n, k, panel) : 0;
    if (col == n) {
        return;
    }
    out += (size_t)col * (size_t)m, w += (size_t)(col / 8) * panel;
    bias = bias ? bias + col : bias;
    /* Every panel reads all of a: so much of it at a time as the first cache holds. */
    int depth = GEMM_CACHE_FLOATS / m / 4 * 4;
    depth = depth < GEMM_LEAST_DEPTH ? GEMM_LEAST_DEPTH : depth;
    for (int first = 0; first < k; first += depth) {
        int part = k - first < depth ? k - first : depth;
        gemm_block(out, a, w, bias, first == 0 ? start : KERNEL_START_OUT, m, n - col, first, part,
                   panel);
    }
}

/* ---- gemm_tn: dw += a^T d ---- */

static void gemm_tn_block(float *dw, const float *a, const float *d, int m, int n, int k,
                          int k_total, int steps, size_t a_step, size_t d_step) {
    size_t quad = (size_t)m * 4;
    for (int col = 0; col < n; col += 8) {
        for (int p = 0; p < k; p += 4) {
            float *out = dw + (size_t)p * 8;
            v128_t sum[4][2];
            UNROLL for (int i = 0; i < 4; i++) {
                sum[i][0] = wasm_v128_load(out + i * 8);
                sum[i][1] = wasm_v128_load(out + i * 8 + 4);
            }
            const float *a_quad = a + (size_t)(p / 4) * quad;
            const float *d_quad = d;
            for (int s = 0; s < steps; s++) {
                const float *x = a_quad;
                const float *y = d_quad;
                const float *z = d_quad + quad;
                NO_UNROLL for (int row = 0; row < m; row++) {
                    v128_t y0 = wasm_v128_load(y);
                    v128_t y1 = wasm_v128_load(z);
                    UNROLL for (int i = 0; i < 4; i++) {
                        v128_t x0 = wasm_v128_load32_splat(x + i);
                        sum[i][0] = muladd(x0, y0, sum[i][0]);
                        sum[i][1] = muladd(x0, y1, sum[i][1]);
                    }
                    x += 4, y += 4, z += 4;
                }
                a_quad += a_step, d_quad += d_step;
            }
            UNROLL for (int i = 0; i < 4; i++) {
                wasm_v128_store(out + i * 8, sum[i][0]);
                wasm_v128_store(out + i * 8 + 4, sum[i][1]);
            }
        }
        dw += (size_t)k_total * 8;
        d += 2 * quad;
    }
}

void kernel_gemm_tn(float *dw, const float *a, const float *d, int m, int n, int k, int k_total,
                    int steps, size_t a_step, size_t d_step) {
    /* Every eight columns read all of a: so many steps at a time as the second cache holds. */
    int block = GEMM_TN_CACHE_FLOATS / (m * k);
    block = block < 1 ? 1 : block;
    for (int s = 0; s < steps; s += block) {
        gemm_tn_block(dw, a + (size_t)s * a_step, d + (size_t)s * d_step, m, n, k, k_total,
                      steps - s < block ? steps - s : block, a_step, d_step);
    }
}

void kernel_column_sum(float *sum, const float *d, int m, int n, int steps, size_t d_step) {
    for (int col = 0; col < n; col += 4) {
        v128_t total = wasm_v128_load(sum + col);
        const float *y = d + (size_t)col * (size_t)m;
        for (int s = 0; s < steps; s++) {
            NO_UNROLL for (int row = 0; row < m; row++) {
                total = wasm_f32x4_add(total, wasm_v128_load(y + row * 4));
            }
            y += d_step;
        }
        wasm_v128_store(sum + col, total);
    }
}

/* ---- element-wise ---- */

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

void kernel_tanh(float *y, const float *x, size_t count) {
    const struct tanh_terms c = load_tanh_terms();
    for (size_t i = 0; i < count; i += 4) {
        wasm_v128_store(y + i, tanh4(wasm_v128_load(x + i), &c));
    }
}

void kernel_sigmoid(float *y, const float *x, size_t count) {
    const struct tanh_terms c = load_tanh_terms();
    for (size_t i = 0; i < count; i += 4) {
        wasm_v128_store(y + i, sigmoid4(wasm_v128_load(x + i), &c));
    }
}

void kernel_lstm_forward(float *gates, float *c, float *tanh_c, float *h, const float *c_last,
                         float forget_bias, int m, int quads) {
    const struct tanh_terms t = load_tanh_terms();
    size_t size = (size_t)m * 4;
    for (int q = 0; q < quads; q++) {
        float *gi = gates + (size_t)q * 4 * size;
        float *gj = gi + size;
        float *gf = gj + size;
        float *go = gf + size;
        NO_UNROLL for (size_t e = 0; e < size; e += 4) {
            v128_t i = sigmoid4(wasm_v128_load(gi + e), &t);
            wasm_v128_store(gi + e, i);
            v128_t j = tanh4(wasm_v128_load(gj + e), &t);
            wasm_v128_store(gj + e, j);
            v128_t product = wasm_f32x4_mul(i, j);
            v128_t bias = wasm_f32x4_splat(forget_bias);
            v128_t f = sigmoid4(wasm_f32x4_add(wasm_v128_load(gf + e), bias), &t);
            wasm_v128_store(gf + e, f);
            v128_t cell = muladd(f, wasm_v128_load(c_last + e), product);
            wasm_v128_store(c + e, cell);
        }
        NO_UNROLL for (size_t e = 0; e < size; e += 4) {
            v128_t o = sigmoid4(wasm_v128_load(go + e), &t);
            wasm_v128_store(go + e, o);
            v128_t tc = tanh4(wasm_v128_load(c + e), &t);
            wasm_v128_store(tanh_c + e, tc);
            wasm_v128_store(h + e, wasm_f32x4_mul(o, tc));
        }
        c += size, tanh_c += size, h += size, c_last += size;
    }
}

void kernel_lstm_backward(float *gates, float *dc, const float *dh, const float *c_last,
                          const float *tanh_c, int m, int quads) {
    const v128_t one = wasm_f32x4_const_splat(1.0f);
    size_t size = (size_t)m * 4;
    for (int q = 0; q < quads; q++) {
        float *gi = gates + (size_t)q * 4 * size;
        float *gj = gi + size;
        float *gf = gj + size;
        float *go = gf + size;
        NO_UNROLL for (size_t e = 0; e < size; e += 4) {
            v128_t i = wasm_v128_load(gi + e), j = wasm_v128_load(gj + e);
            v128_t f = wasm_v128_load(gf + e), o = wasm_v128_load(go + e);
            v128_t tc = wasm_v128_load(tanh_c + e), h = wasm_v128_load(dh + e);
            v128_t slope_tc = wasm_f32x4_sub(one, wasm_f32x4_mul(tc, tc));
            v128_t d = muladd(wasm_f32x4_mul(h, o), slope_tc, wasm_v128_load(dc + e));
            v128_t slope_o = wasm_f32x4_mul(o, wasm_f32x4_sub(one, o));
            wasm_v128_store(go + e, wasm_f32x4_mul(wasm_f32x4_mul(h, tc), slope_o));
            v128_t slope_i = wasm_f32x4_mul(i, wasm_f32x4_sub(one, i));
            wasm_v128_store(gi + e, wasm_f32x4_mul(wasm_f32x4_mul(d, j), slope_i));
            v128_t slope_j = wasm_f32x4_sub(one, wasm_f32x4_mul(j, j));
            wasm_v128_store(gj + e, wasm_f32x4_mul(wasm_f32x4_mul(d, i), slope_j));
            v128_t slope_f = wasm_f32x4_mul(f, wasm_f32x4_sub(one, f));
            v128_t last = wasm_v128_load(c_last + e);
            wasm_v128_store(gf + e, wasm_f32x4_mul(wasm_f32x4_mul(d, last), slope_f));
            wasm_v128_store(dc + e, wasm_f32x4_mul(d, f));
        }
        dc += size, dh += size, c_last += size, tanh_c += size;
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
