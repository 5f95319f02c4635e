/* The products in 8 bits in 128-bit WebAssembly SIMD. Relaxed SIMD has an instruction for four of them and their sum,
 * which x86 and Arm have too; plain SIMD one for two of 16 bits. */
#include "kernels.h"
#include "simd.h"

#ifdef __wasm_relaxed_simd__

enum { MOST_ROWS = 5, MOST_PANELS = 5 }; /* of a tile: rows of one panel, or one row of panels */

INLINE v128_t add_products(v128_t x, v128_t w, v128_t sum) {
    return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(x, w, sum);
}

INLINE void store_quad(kernel_q *q, v128_t x16) {
    wasm_v128_store32_lane(q, wasm_i8x16_narrow_i16x8(x16, x16), 0);
}

#else

enum { MOST_ROWS = 4, MOST_PANELS = 3 };

INLINE v128_t add_products(v128_t x, v128_t w, v128_t sum) {
    return wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(x, w));
}

INLINE void store_quad(kernel_q *q, v128_t x16) {
    wasm_v128_store64_lane(q, x16, 0);
}

#endif

void kernel_quantise(kernel_q *q, float *scale, int32_t *sum, const float *a, int m, int k) {
    size_t quad = (size_t)m * 4;
    for (int row = 0; row < m; row++, a += 4, q += 4) {
        v128_t most4 = wasm_f32x4_const_splat(1.0f);
        for (int p = 0; p < k / 4; p++) {
            most4 = wasm_f32x4_pmax(most4, wasm_f32x4_abs(wasm_v128_load(a + (size_t)p * quad)));
        }
        most4 = wasm_f32x4_pmax(most4, wasm_i32x4_shuffle(most4, most4, 2, 3, 0, 1));
        most4 = wasm_f32x4_pmax(most4, wasm_i32x4_shuffle(most4, most4, 1, 0, 3, 2));
        float most = wasm_f32x4_extract_lane(most4, 0);
        v128_t factor = wasm_f32x4_splat((float)KERNEL_Q_MOST / most);
        v128_t sum4 = wasm_i32x4_const_splat(0);
        for (int p = 0; p < k / 4; p++) {
            v128_t x = wasm_f32x4_mul(wasm_v128_load(a + (size_t)p * quad), factor);
            v128_t x32 = wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_nearest(x));
            v128_t x16 = wasm_i16x8_narrow_i32x4(x32, x32);
            store_quad(q + (size_t)p * quad, x16);
            sum4 = wasm_i32x4_add(sum4, x32);
        }
        sum4 = wasm_i32x4_add(sum4, wasm_i32x4_shuffle(sum4, sum4, 2, 3, 0, 1));
        sum4 = wasm_i32x4_add(sum4, wasm_i32x4_shuffle(sum4, sum4, 1, 0, 3, 2));
        scale[row] = most / (float)KERNEL_Q_MOST;
        sum[row] = wasm_i32x4_extract_lane(sum4, 0);
    }
}

struct product {
    float *out;
    const kernel_q *a;
    const float *a_scale;
    const int32_t *a_sum;
    const kernel_q *w;
    const float *w_scale, *bias;
    int m, k;
};

/* Rows `row` and following times panels `panel` and following. */
INLINE void tile(const struct product *product, int row, int panel, const int rows,
                 const int panels) {
    v128_t sum[MOST_ROWS][2 * MOST_PANELS];
    const size_t quad = (size_t)product->m * 4, panel_size = (size_t)product->k * 8;
    const int vec = 4 * KERNEL_Q_GROUP; /* four columns' groups */
    UNROLL for (int r = 0; r < rows; r++) {
        UNROLL for (int v = 0; v < 2 * panels; v++) {
            sum[r][v] = wasm_i32x4_const_splat(0);
        }
    }
    const kernel_q *a = product->a + (ptrdiff_t)row * 4;
    const kernel_q *w = product->w + (size_t)panel * panel_size;
    for (const kernel_q *end = w + panel_size; w != end; a += quad) {
        const kernel_q *x = a;
        NO_UNROLL for (int i = 0; i < 4; i += KERNEL_Q_GROUP) {
            v128_t x_r[MOST_ROWS];
            UNROLL for (int r = 0; r < rows; r++) {
                x_r[r] = wasm_v128_load32_splat(x + r * 4);
            }
            UNROLL for (int v = 0; v < 2 * panels; v++) {
                v128_t w_v = wasm_v128_load(w + (size_t)(v / 2) * panel_size + v % 2 * vec);
                UNROLL for (int r = 0; r < rows; r++) {
                    sum[r][v] = add_products(x_r[r], w_v, sum[r][v]);
                }
            }
            x += KERNEL_Q_GROUP;
            w += 2 * vec;
        }
    }
    UNROLL for (int v = 0; v < 2 * panels; v++) {
        size_t at = 2 * (size_t)panel + (size_t)v;
        v128_t bias = wasm_v128_load(product->bias + at * 4);
        v128_t scale = wasm_v128_load(product->w_scale + at * 4);
        UNROLL for (int r = 0; r < rows; r++) {
            v128_t offset = wasm_i32x4_splat(KERNEL_Q_ZERO * product->a_sum[row + r]);
            v128_t whole = wasm_f32x4_convert_i32x4(wasm_i32x4_sub(sum[r][v], offset));
            v128_t factor = wasm_f32x4_mul(wasm_f32x4_splat(product->a_scale[row + r]), scale);
            wasm_v128_store(product->out + at * quad + (ptrdiff_t)(row + r) * 4,
                            wasm_f32x4_add(bias, wasm_f32x4_mul(whole, factor)));
        }
    }
}

#define TILE(ROWS, PANELS)                                                                         \
    static void tile_##ROWS##x##PANELS(const struct product *product, int row, int panel) {        \
        tile(product, row, panel, ROWS, PANELS);                                                   \
    }
TILE(1, 1)
TILE(2, 1)
TILE(3, 1)
TILE(4, 1)
TILE(1, 2)
TILE(1, 3)
#ifdef __wasm_relaxed_simd__
TILE(5, 1)
TILE(1, 4)
TILE(1, 5)
#endif

typedef void tile_fn(const struct product *, int, int);

void kernel_quantised_gemm(float *out, const kernel_q *a, const float *a_scale,
                           const int32_t *a_sum, const kernel_q *w, const float *w_scale,
                           const float *bias, int m, int n, int k) {
#ifdef __wasm_relaxed_simd__
    static tile_fn *const of_rows[] = {tile_1x1, tile_2x1, tile_3x1, tile_4x1, tile_5x1};
    static tile_fn *const of_panels[] = {tile_1x1, tile_1x2, tile_1x3, tile_1x4, tile_1x5};
#else
    static tile_fn *const of_rows[] = {tile_1x1, tile_2x1, tile_3x1, tile_4x1};
    static tile_fn *const of_panels[] = {tile_1x1, tile_1x2, tile_1x3};
#endif
    const struct product product = {out, a, a_scale, a_sum, w, w_scale, bias, m, k};
    int panels = n / 8, tiles = (m + MOST_ROWS - 1) / MOST_ROWS;
    for (int p = 0, count; m == 1 && p < panels; p += count) {
        count = panels - p < MOST_PANELS ? panels - p : MOST_PANELS;
        of_panels[count - 1](&product, 0, p);
    }
    for (int p = 0; m > 1 && p < panels; p++) {
        for (int i = 0, row = 0, rows; i < tiles; i++, row += rows) {
            rows = (m - row + tiles - i - 1) / (tiles - i); /* as even as can be */
            of_rows[rows - 1](&product, row, p);
        }
    }
}
