/* The products in 128-bit WebAssembly SIMD.
 *
 * What shapes them is the engines' register allocation. x86-64 leaves 15 vector registers; a tile of R
 * rows x V vectors of sums holds R V + V + 2 values, without the product one less. 4 x 2 runs as fast in
 * Node 20 as in newer V8; 5 x 2, just within 15, is a third slower in Node 20, but hides the longer
 * latency of fused multiply-adds. Loops over k are not unrolled: clang would interleave the steps, and the
 * engine spill. */
#include "kernels.h"
#include "simd.h"

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
 * w at the panel; quad: floats between quads of a and of out. */
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

/* One row: up to five panels of eight columns side by side, so that ten sums hide the latency of fused
 * multiply-adds. Plain SIMD has three: Node 20's V8 loads a whole step's weights before it multiplies, and
 * six sums with six weights fit the registers. */
enum { GEMV_PANELS = 5 };
#ifdef __wasm_relaxed_simd__
static const int max_panels = 5;
#else
static const int max_panels = 3;
#endif

/* A stretch of a, its quads side by side, and the runs of quads that are not all zero. */
enum { GEMV_ROWS = 256 };
struct gemv_input {
    const float *a;
    float copy[GEMV_ROWS];
    int count;
    struct kernel_span run[GEMV_ROWS / 8];
};

/* quad: floats between quads of out; panel: between panels of w. */
INLINE void gemv_tile(float *out, const struct gemv_input *input, const float *w, const float *bias,
                      enum kernel_start start, size_t quad, size_t panel, const int panels) {
    v128_t sum[GEMV_PANELS][2];
    UNROLL for (int p = 0; p < panels; p++) {
        UNROLL for (int v = 0; v < 2; v++) {
            const int at = p * 2 + v;
            sum[p][v] = start == KERNEL_START_OUT ? wasm_v128_load(out + (size_t)at * quad)
                        : start == KERNEL_START_BIAS ? wasm_v128_load(bias + at * 4)
                                                     : wasm_f32x4_const_splat(0.0f);
        }
    }
    for (int i = 0; i < input->count; i++) {
        const float *x = input->a + input->run[i].first, *end = input->a + input->run[i].end;
        const float *row = w + (ptrdiff_t)input->run[i].first * 8;
        NO_UNROLL for (; x != end; x++) {
            v128_t x4 = wasm_v128_load32_splat(x);
            const float *y = row;
            UNROLL for (int p = 0; p < panels; p++) {
                sum[p][0] = muladd(x4, wasm_v128_load(y), sum[p][0]);
                sum[p][1] = muladd(x4, wasm_v128_load(y + 4), sum[p][1]);
                y += panel;
            }
            row += 8;
        }
    }
    UNROLL for (int p = 0; p < panels; p++) {
        wasm_v128_store(out + (size_t)(p * 2) * quad, sum[p][0]);
        wasm_v128_store(out + (size_t)(p * 2 + 1) * quad, sum[p][1]);
    }
}

#define GEMV_TILE(PANELS)                                                                          \
    static void gemv_tile_##PANELS(float *out, const struct gemv_input *input, const float *w,     \
                                   const float *bias, enum kernel_start start, size_t quad,        \
                                   size_t panel) {                                                 \
        gemv_tile(out, input, w, bias, start, quad, panel, PANELS);                                \
    }
GEMV_TILE(1)
GEMV_TILE(2)
GEMV_TILE(3)
GEMV_TILE(4)
GEMV_TILE(5)

typedef void gemv_tile_fn(float *, const struct gemv_input *, const float *, const float *,
                          enum kernel_start, size_t, size_t);

static gemv_tile_fn *const gemv_tiles[GEMV_PANELS] = {gemv_tile_1, gemv_tile_2, gemv_tile_3,
                                                      gemv_tile_4, gemv_tile_5};

/* All rows and columns, over the `k` rows of w from `first` on. */
static void gemm_block(float *out, const float *a, const float *w, const float *bias,
                       enum kernel_start start, int m, int stride, int n, int first, int k,
                       size_t panel) {
    size_t quad = (size_t)stride * 4;
    int tiles = (m + max_rows - 1) / max_rows;
    a += (size_t)first * (size_t)stride;
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

/* The first k columns of a, whose quads lie quad floats apart. */
static void gemv_read(struct gemv_input *input, const float *a, int k, size_t quad) {
    int count = 0, end = -1; /* of the last run */
    input->a = quad == 4 ? a : input->copy;
    for (int i = 0; i < k; i += 4, a += quad) {
        v128_t x = wasm_v128_load(a);
        if (quad != 4) {
            wasm_v128_store(input->copy + i, x);
        }
        if (wasm_v128_any_true(wasm_f32x4_ne(x, wasm_f32x4_const_splat(0.0f)))) {
            if (end != i) {
                input->run[count++].first = i;
            }
            end = input->run[count - 1].end = i + 4;
        }
    }
    input->count = count;
}

/* One row. Returns the columns done: all but the last half panel. */
static int gemv(float *out, const float *a, const float *w, const float *bias,
                enum kernel_start start, int n, int k, size_t quad, size_t panel) {
    int whole = n / 8;
    for (int done = 0; done < k; done += GEMV_ROWS) {
        struct gemv_input input;
        gemv_read(&input, a + (size_t)(done / 4) * quad,
                  k - done < GEMV_ROWS ? k - done : GEMV_ROWS, quad);
        for (int p = 0, panels; p < whole; p += panels) {
            panels = whole - p < max_panels ? whole - p : max_panels;
            gemv_tiles[panels - 1](out + (size_t)p * 2 * quad, &input,
                                   w + (size_t)p * panel + (size_t)done * 8,
                                   bias ? bias + (ptrdiff_t)p * 8 : bias,
                                   done == 0 ? start : KERNEL_START_OUT, quad, panel);
        }
    }
    return whole * 8;
}

void kernel_gemm(float *out, const float *a, const float *w, const float *bias,
                 enum kernel_start start, int m, int stride, int n, int first, int k, int k_total) {
    size_t panel = (size_t)k_total * 8, quad = (size_t)stride * 4;
    int col = m == 1 ? gemv(out, a + (size_t)(first / 4) * quad, w + (size_t)first * 8, bias, start,
                            n, k, quad, panel)
                     : 0;
    if (col == n) {
        return;
    }
    out += (size_t)(col / 4) * quad, w += (size_t)(col / 8) * panel;
    bias = bias ? bias + col : bias;
    /* Every panel reads all of a: so much of it at a time as the first cache holds. */
    int depth = GEMM_CACHE_FLOATS / m / 4 * 4;
    depth = depth < GEMM_LEAST_DEPTH ? GEMM_LEAST_DEPTH : depth;
    for (int done = 0; done < k; done += depth) {
        int part = k - done < depth ? k - done : depth;
        gemm_block(out, a, w, bias, done == 0 ? start : KERNEL_START_OUT, m, stride, n - col,
                   first + done, part, panel);
    }
}

/* ---- gemm_tn: dw += a^T d ---- */

/* Four rows x eight columns of dw: the sums over `steps` steps of m rows, or of rows[0], rows[1], ... of them. */
static void gemm_tn_tile(float *dw, const float *a, const float *d, const int *rows, int m,
                         int steps, size_t a_step, size_t d_step) {
    v128_t sum[4][2];
    UNROLL for (int i = 0; i < 4; i++) {
        sum[i][0] = wasm_v128_load(dw + i * 8);
        sum[i][1] = wasm_v128_load(dw + i * 8 + 4);
    }
    for (int s = 0; s < steps; s++) {
        const float *x = a, *y = d, *z = d + (size_t)m * 4;
        int count = rows ? rows[s] : m;
        NO_UNROLL for (int row = 0; row < count; row++) {
            v128_t y0 = wasm_v128_load(y);
            v128_t y1 = wasm_v128_load(z);
            UNROLL for (int i = 0; i < 4; i++) {
                v128_t x0 = wasm_v128_load32_splat(x + i);
                sum[i][0] = muladd(x0, y0, sum[i][0]);
                sum[i][1] = muladd(x0, y1, sum[i][1]);
            }
            x += 4, y += 4, z += 4;
        }
        a += a_step, d += d_step;
    }
    UNROLL for (int i = 0; i < 4; i++) {
        wasm_v128_store(dw + i * 8, sum[i][0]);
        wasm_v128_store(dw + i * 8 + 4, sum[i][1]);
    }
}

void kernel_gemm_tn(float *dw, const float *a, const float *d, const struct kernel_span *spans,
                    const int *rows, int m, int n, int k, int k_total, int steps, size_t a_step,
                    size_t d_step) {
    size_t quad = (size_t)m * 4;
    /* Every eight columns read all of a: so many steps at a time as the second cache holds. */
    int block = GEMM_TN_CACHE_FLOATS / (m * k);
    block = block < 1 ? 1 : block;
    for (int start = 0; start < steps; start += block) {
        int stop = steps - start < block ? steps : start + block;
        for (int col = 0; col < n; col += 8) {
            float *panel = dw + (size_t)(col / 8) * (size_t)k_total * 8;
            const float *d_panel = d + (size_t)(col / 4) * quad;
            for (int q = 0; q < k / 4; q++) {
                int first = spans && spans[q].first > start ? spans[q].first : start;
                int end = spans && spans[q].end < stop ? spans[q].end : stop;
                if (first < end) {
                    gemm_tn_tile(panel + (size_t)q * 32,
                                 a + (size_t)q * quad + (size_t)first * a_step,
                                 d_panel + (size_t)first * d_step, rows ? rows + first : NULL, m,
                                 end - first, a_step, d_step);
                }
            }
        }
    }
}
