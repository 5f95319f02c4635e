/* The gradient of weights, dw += a^T d, in 128-bit WebAssembly SIMD. See gemm_simd.c for what shapes the tiles. */
#include "kernels.h"
#include "simd.h"

enum { CACHE_FLOATS = 96 * 1024 }; /* 384 KiB */

/* Sums of R rows x eight columns of dw. */
enum { MAX_R = 6 };

INLINE void load_sums(v128_t sum[MAX_R][2], const float *dw, const int R) {
    UNROLL for (int i = 0; i < R; i++) {
        sum[i][0] = wasm_v128_load(dw + i * 8);
        sum[i][1] = wasm_v128_load(dw + i * 8 + 4);
    }
}

INLINE void store_sums(float *dw, v128_t sum[MAX_R][2], const int R) {
    UNROLL for (int i = 0; i < R; i++) {
        wasm_v128_store(dw + i * 8, sum[i][0]);
        wasm_v128_store(dw + i * 8 + 4, sum[i][1]);
    }
}

/* What one row of a and d adds, from element `offset` of a's quad x on; x_next: the quad after it. */
INLINE void add_row(v128_t sum[MAX_R][2], const float *x, const float *x_next, const float *y,
                    const float *y_next, const int R, const int offset) {
    v128_t y0 = wasm_v128_load(y), y1 = wasm_v128_load(y_next);
    UNROLL for (int i = 0; i < R; i++) {
        const int at = offset + i;
        v128_t x_i = wasm_v128_load32_splat(at < 4 ? x + at : x_next + at - 4);
        sum[i][0] = muladd(x_i, y0, sum[i][0]);
        sum[i][1] = muladd(x_i, y1, sum[i][1]);
    }
}

/* R rows x eight columns of dw, from row `offset` of a's quad on: the sums over `steps` steps of m rows, or of
 * rows[0], rows[1], ... of them. quad: floats between quads of a and of d. */
INLINE void gemm_tn_tile(float *dw, const float *a, const float *d, size_t quad, const int *rows,
                         int m, int steps, size_t a_step, size_t d_step, const int R,
                         const int offset) {
    v128_t sum[MAX_R][2];
    load_sums(sum, dw, R);
    for (int s = 0; s < steps; s++, a += a_step, d += d_step) {
        const float *x = a, *x_next = a + quad, *y = d, *y_next = d + quad;
        int count = rows ? rows[s] : m;
        NO_UNROLL for (int row = 0; row < count; row++) {
            add_row(sum, x, x_next, y, y_next, R, offset);
            x += 4, x_next += 4, y += 4, y_next += 4;
        }
    }
    store_sums(dw, sum, R);
}

#define GEMM_TN_TILE(R, OFFSET)                                                                    \
    static void gemm_tn_tile_##R##_##OFFSET(float *dw, const float *a, const float *d,             \
                                            size_t quad, const int *rows, int m, int steps,        \
                                            size_t a_step, size_t d_step) {                        \
        gemm_tn_tile(dw, a, d, quad, rows, m, steps, a_step, d_step, R, OFFSET);                   \
    }
GEMM_TN_TILE(4, 0)
GEMM_TN_TILE(6, 0)
GEMM_TN_TILE(6, 2)

/* Fused multiply-adds take longer: six rows, of one and a half quads, hide that. */
#ifdef __wasm_relaxed_simd__
enum { TN_QUADS = 3 }; /* made by two tiles */
#else
enum { TN_QUADS = 1 };
#endif

static void gemm_tn_dense(float *dw, const float *a, const float *d, const int *rows, int m, int n,
                          int k, int k_total, int steps, size_t a_step, size_t d_step) {
    size_t quad = (size_t)m * 4;
    for (int col = 0; col < n; col += 8) {
        float *panel = dw + (size_t)(col / 8) * (size_t)k_total * 8;
        const float *d_panel = d + (size_t)(col / 4) * quad;
        int q = 0;
        for (; TN_QUADS == 3 && q + 3 <= k / 4; q += 3) {
            const float *x = a + (size_t)q * quad;
            gemm_tn_tile_6_0(panel + (size_t)q * 32, x, d_panel, quad, rows, m, steps, a_step,
                             d_step);
            gemm_tn_tile_6_2(panel + (size_t)q * 32 + 48, x + quad, d_panel, quad, rows, m, steps,
                             a_step, d_step);
        }
        for (; q < k / 4; q++) {
            gemm_tn_tile_4_0(panel + (size_t)q * 32, a + (size_t)q * quad, d_panel, quad, rows, m,
                             steps, a_step, d_step);
        }
    }
}

/* Rows of one quad of a that are not zero, and where d's are. */
enum { TN_LIST = 512 };
struct tn_list {
    int count;
    float x[TN_LIST][4];
    size_t d[TN_LIST];
};

/* What they add to all columns of dw. */
static void gemm_tn_listed(float *dw, const float *d, const struct tn_list *list, int n,
                           size_t panel, size_t quad) {
    for (int col = 0; col < n; col += 8, dw += panel, d += 2 * quad) {
        v128_t sum[MAX_R][2];
        load_sums(sum, dw, 4);
        NO_UNROLL for (int row = 0; row < list->count; row++) {
            const float *y = d + list->d[row];
            add_row(sum, list->x[row], NULL, y, y + quad, 4, 0);
        }
        store_sums(dw, sum, 4);
    }
}

static void gemm_tn_sparse(float *dw, const float *a, const float *d, const int *rows, int m, int n,
                           int k, int k_total, int steps, size_t a_step, size_t d_step) {
    size_t quad = (size_t)m * 4, panel = (size_t)k_total * 8;
    struct tn_list list;
    for (int q = 0; q < k / 4; q++, dw += 32, a += quad) {
        list.count = 0;
        for (int s = 0; s < steps; s++) {
            for (int row = 0; row < (rows ? rows[s] : m); row++) {
                v128_t x = wasm_v128_load(a + (size_t)s * a_step + row * 4);
                if (is_zero(x)) {
                    continue;
                }
                if (list.count == TN_LIST) {
                    gemm_tn_listed(dw, d, &list, n, panel, quad);
                    list.count = 0;
                }
                wasm_v128_store(list.x[list.count], x);
                list.d[list.count++] = (size_t)s * d_step + (size_t)row * 4;
            }
        }
        gemm_tn_listed(dw, d, &list, n, panel, quad);
    }
}

void kernel_gemm_tn(float *dw, const float *a, const float *d, int is_sparse, const int *rows,
                    int m, int n, int k, int k_total, int steps, size_t a_step, size_t d_step) {
    if (is_sparse) {
        gemm_tn_sparse(dw, a, d, rows, m, n, k, k_total, steps, a_step, d_step);
        return;
    }
    /* Every eight columns read all of a: so many steps at a time as the second cache holds. */
    int block = CACHE_FLOATS / (m * k);
    block = block < 1 ? 1 : block;
    for (int s = 0; s < steps; s += block) {
        gemm_tn_dense(dw, a + (size_t)s * a_step, d + (size_t)s * d_step, rows ? rows + s : NULL, m,
                      n, k, k_total, steps - s < block ? steps - s : block, a_step, d_step);
    }
}
