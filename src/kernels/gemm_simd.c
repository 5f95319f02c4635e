/* The products with weights in 128-bit WebAssembly SIMD.
 *
 * What shapes them is the engines' register allocation. x86-64 leaves 15 vector registers; a tile of R
 * rows x V vectors of sums holds R V + V + 2 values, without the product one less. 4 x 2 runs as fast in
 * Node 20 as in newer V8; 5 x 2, just within 15, is a third slower in Node 20, but hides the longer
 * latency of fused multiply-adds. Loops over k are not unrolled: clang would interleave the steps, and the
 * engine spill. */
#include "kernels.h"
#include "simd.h"

/* Of a, so many floats and columns at a time; with fewer columns, loading and storing the sums would cost more than
 * the cache saves. */
enum {
    GEMM_CACHE_FLOATS = 12 * 1024, /* 48 KiB */
    GEMM_DEPTH = 256,
    GEMM_LEAST_DEPTH = 64,
};

/* ---- zeros ---- */

/* The quads of a stretch of columns that are not zero in all rows of a tile, in runs. */
struct runs {
    int count;
    struct {
        uint8_t first, end;
    } run[GEMM_DEPTH / 8 + 1];
};

/* a: the tile's first row; quads lie `quad` floats apart. From column `sparse` on all are taken. */
static void find_runs(struct runs *runs, const float *a, int rows, int k, int sparse, size_t quad) {
    int count = 0, end = -1; /* of the last run */
    sparse = sparse < 0 ? 0 : sparse < k ? sparse : k;
    for (int q = 0; q < sparse / 4; q++, a += quad) {
        int row = 0;
        while (row < rows && is_zero(wasm_v128_load(a + row * 4))) {
            row++;
        }
        if (row < rows) {
            if (end != q) {
                runs->run[count++].first = (uint8_t)q;
            }
            end = q + 1;
            runs->run[count - 1].end = (uint8_t)end;
        }
    }
    if (sparse < k) {
        if (end < sparse / 4) {
            runs->run[count++].first = (uint8_t)(sparse / 4);
        }
        runs->run[count - 1].end = (uint8_t)(k / 4);
    }
    runs->count = count;
}

/* ---- gemm: out = start + a w ---- */

enum { TILE_ROWS = 10, TILE_VECS = 2 }; /* the most */
#ifdef __wasm_relaxed_simd__
enum { TILE_SUMS = 10 };
#else
enum { TILE_SUMS = 8 };
#endif

/* One tile: `rows` rows of the batch x `vecs` quads of columns. a and out point at the tile's first row,
 * w at the panel; quad: floats between quads of a and of out. */
INLINE void gemm_tile(float *out, const float *a, const float *w, const float *bias,
                      enum kernel_start start, size_t quad, const struct runs *runs, const int rows,
                      const int vecs) {
    v128_t sum[TILE_ROWS][TILE_VECS];
    UNROLL for (int r = 0; r < rows; r++) {
        UNROLL for (int v = 0; v < vecs; v++) {
            sum[r][v] = start == KERNEL_START_OUT ? wasm_v128_load(out + (size_t)v * quad + r * 4)
                        : start == KERNEL_START_BIAS ? wasm_v128_load(bias + v * 4)
                                                     : wasm_f32x4_const_splat(0.0f);
        }
    }
    for (int i = 0; i < runs->count; i++) {
        size_t first = runs->run[i].first, end = runs->run[i].end;
        const float *column = a + first * quad, *y_end = w + end * (size_t)vecs * 16;
        for (const float *y = w + first * (size_t)vecs * 16; y != y_end; column += quad) {
            const float *x = column;
            NO_UNROLL for (int j = 0; j < 4; j++) {
                v128_t y_v[TILE_VECS];
                UNROLL for (int v = 0; v < vecs; v++) {
                    y_v[v] = wasm_v128_load(y + v * 4);
                }
                UNROLL for (int r = 0; r < rows; r++) {
                    v128_t x_r = wasm_v128_load32_splat(x + r * 4);
                    UNROLL for (int v = 0; v < vecs; v++) {
                        sum[r][v] = muladd(x_r, y_v[v], sum[r][v]);
                    }
                }
                x++;
                y += 4 * vecs;
            }
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
                                          const struct runs *runs) {                               \
        gemm_tile(out, a, w, bias, start, quad, runs, ROWS, VECS);                                 \
    }
GEMM_TILE(1, 1)
GEMM_TILE(2, 1)
GEMM_TILE(3, 1)
GEMM_TILE(4, 1)
GEMM_TILE(5, 1)
GEMM_TILE(6, 1)
GEMM_TILE(7, 1)
GEMM_TILE(8, 1)
GEMM_TILE(9, 1)
GEMM_TILE(10, 1)
GEMM_TILE(1, 2)
GEMM_TILE(2, 2)
GEMM_TILE(3, 2)
GEMM_TILE(4, 2)
GEMM_TILE(5, 2)

typedef void gemm_tile_fn(float *, const float *, const float *, const float *, enum kernel_start,
                          size_t, const struct runs *);

static gemm_tile_fn *const gemm_tiles[TILE_VECS][TILE_ROWS] = {
    {gemm_tile_1x1, gemm_tile_2x1, gemm_tile_3x1, gemm_tile_4x1, gemm_tile_5x1, gemm_tile_6x1,
     gemm_tile_7x1, gemm_tile_8x1, gemm_tile_9x1, gemm_tile_10x1},
    {gemm_tile_1x2, gemm_tile_2x2, gemm_tile_3x2, gemm_tile_4x2, gemm_tile_5x2},
};

enum { MAX_TILES = KERNEL_MAX_ROWS * TILE_VECS / TILE_SUMS + 1 }; /* side by side */

/* All rows x some panels of `vecs` quads, over k rows of w. panel: floats between panels. */
static void gemm_block(float *out, const float *a, const float *w, const float *bias,
                       enum kernel_start start, int m, size_t quad, int panels, int vecs, int k,
                       int sparse, size_t panel) {
    struct {
        int row, rows;
        struct runs runs;
    } tiles[MAX_TILES];
    int most = TILE_SUMS / vecs, count = (m + most - 1) / most;
    for (int i = 0, row = 0; i < count; i++) {
        int rows = (m - row + count - i - 1) / (count - i); /* as even as can be */
        tiles[i].row = row;
        tiles[i].rows = rows;
        find_runs(&tiles[i].runs, a + row * 4, rows, k, sparse, quad);
        row += rows;
    }
    for (int p = 0; p < panels; p++) {
        for (int i = 0; i < count; i++) {
            gemm_tiles[vecs - 1][tiles[i].rows - 1](out + tiles[i].row * 4, a + tiles[i].row * 4, w,
                                                    bias, start, quad, &tiles[i].runs);
        }
        out += (size_t)vecs * quad, w += panel;
        bias = bias ? bias + (ptrdiff_t)vecs * 4 : bias;
    }
}

/* ---- one row ---- */

/* Up to five panels of eight columns side by side, so that ten sums hide the latency of fused multiply-adds.
 * Plain SIMD has three: Node 20's V8 loads a whole step's weights before it multiplies, and six sums with
 * six weights fit the registers. */
enum { GEMV_PANELS = 5 };
#ifdef __wasm_relaxed_simd__
static const int max_panels = 5;
#else
static const int max_panels = 3;
#endif

/* a: the row, its quads side by side; quad: floats between quads of out; panel: between panels of w. */
INLINE void gemv_tile(float *out, const float *a, const float *w, const float *bias,
                      enum kernel_start start, size_t quad, const struct runs *runs, size_t panel,
                      const int panels) {
    v128_t sum[GEMV_PANELS][2];
    UNROLL for (int p = 0; p < panels; p++) {
        UNROLL for (int v = 0; v < 2; v++) {
            const int at = p * 2 + v;
            sum[p][v] = start == KERNEL_START_OUT    ? wasm_v128_load(out + (size_t)at * quad)
                        : start == KERNEL_START_BIAS ? wasm_v128_load(bias + at * 4)
                                                     : wasm_f32x4_const_splat(0.0f);
        }
    }
    for (int i = 0; i < runs->count; i++) {
        const float *x = a + runs->run[i].first * 4, *end = a + runs->run[i].end * 4;
        const float *row = w + (ptrdiff_t)runs->run[i].first * 32;
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
    static void gemv_tile_##PANELS(float *out, const float *a, const float *w, const float *bias,  \
                                   enum kernel_start start, size_t quad, const struct runs *runs,  \
                                   size_t panel) {                                                 \
        gemv_tile(out, a, w, bias, start, quad, runs, panel, PANELS);                              \
    }
GEMV_TILE(1)
GEMV_TILE(2)
GEMV_TILE(3)
GEMV_TILE(4)
GEMV_TILE(5)

typedef void gemv_tile_fn(float *, const float *, const float *, const float *, enum kernel_start,
                          size_t, const struct runs *, size_t);

static gemv_tile_fn *const gemv_tiles[GEMV_PANELS] = {gemv_tile_1, gemv_tile_2, gemv_tile_3,
                                                      gemv_tile_4, gemv_tile_5};

/* As gemm_block, for one row and whole panels; k at most GEMM_DEPTH. */
static void gemv_block(float *out, const float *a, const float *w, const float *bias,
                       enum kernel_start start, size_t quad, int whole, int k, int sparse,
                       size_t panel) {
    struct runs runs;
    float row[GEMM_DEPTH];
    find_runs(&runs, a, 1, k, sparse, quad);
    for (int q = 0; quad != 4 && q < k / 4; q++) {
        wasm_v128_store(row + q * 4, wasm_v128_load(a + (size_t)q * quad));
    }
    a = quad == 4 ? a : row;
    for (int p = 0, panels; p < whole; p += panels) {
        panels = whole - p < max_panels ? whole - p : max_panels;
        gemv_tiles[panels - 1](out + (size_t)p * 2 * quad, a, w + (size_t)p * panel,
                               bias ? bias + (ptrdiff_t)p * 8 : bias, start, quad, &runs, panel);
    }
}

/* ---- all rows ---- */

void kernel_gemm(float *out, const float *a, const float *w, const float *bias,
                 enum kernel_start start, int m, int stride, int n, int first, int k, int k_total,
                 int sparse) {
    size_t panel = (size_t)k_total * 8, quad = (size_t)stride * 4;
    int whole = n / 8; /* panels; one of half the width may follow */
    float *half_out = out + (size_t)whole * 2 * quad;
    const float *half_w = w + (size_t)whole * panel;
    const float *half_bias = bias ? bias + (ptrdiff_t)whole * 8 : bias;
    /* Every panel reads all of a: so much of it at a time as the first cache holds. */
    int depth = GEMM_CACHE_FLOATS / m / 4 * 4;
    depth = depth < GEMM_LEAST_DEPTH ? GEMM_LEAST_DEPTH : depth > GEMM_DEPTH ? GEMM_DEPTH : depth;
    for (int done = 0; done < k; done += depth, sparse -= depth, start = KERNEL_START_OUT) {
        int part = k - done < depth ? k - done : depth;
        size_t at = (size_t)first + (size_t)done;
        const float *columns = a + at / 4 * quad;
        if (m == 1) {
            gemv_block(out, columns, w + at * 8, bias, start, quad, whole, part, sparse, panel);
        } else if (whole > 0) {
            gemm_block(out, columns, w + at * 8, bias, start, m, quad, whole, 2, part, sparse,
                       panel);
        }
        if (n % 8 != 0) {
            gemm_block(half_out, columns, half_w + at * 4, half_bias, start, m, quad, 1, 1, part,
                       sparse, 0);
        }
    }
}
