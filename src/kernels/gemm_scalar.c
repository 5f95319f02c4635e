/* The products' specification: one element at a time, in the order of operations that every other
 * implementation keeps. Also what runs where there is no SIMD. */
#include "kernels.h"

void kernel_gemm(float *out, const float *a, const float *w, const float *bias,
                 enum kernel_start start, int m, int stride, int n, int first, int k, int k_total,
                 int sparse) {
    (void)sparse;
    for (int col = 0; col < n; col++) {
        int panel = col / 8;
        int width = n - panel * 8 < 8 ? 4 : 8;
        const float *column = w + (size_t)panel * 8 * (size_t)k_total + col % 8;
        for (int row = 0; row < m; row++) {
            float *cell = out + ((size_t)(col / 4) * (size_t)stride + (size_t)row) * 4 + col % 4;
            float sum = start == KERNEL_START_OUT ? *cell : 0.0f;
            if (start == KERNEL_START_BIAS) {
                sum = bias[col];
            }
            for (int p = first; p < first + k; p++) {
                float x = a[((size_t)(p / 4) * (size_t)stride + (size_t)row) * 4 + (size_t)(p % 4)];
                sum += x * column[p * width];
            }
            *cell = sum;
        }
    }
}

void kernel_gemm_tn(float *dw, const float *a, const float *d, int is_sparse, const int *rows,
                    int m, int n, int k, int k_total, int steps, size_t a_step, size_t d_step) {
    (void)is_sparse;
    for (int col = 0; col < n; col++) {
        for (int p = 0; p < k; p++) {
            float *cell = dw + ((size_t)(col / 8) * (size_t)k_total + (size_t)p) * 8 + col % 8;
            float sum = *cell;
            for (int s = 0; s < steps; s++) {
                const float *x = a + (size_t)s * a_step + (size_t)(p / 4) * (size_t)m * 4;
                const float *y = d + (size_t)s * d_step + (size_t)(col / 4) * (size_t)m * 4;
                for (int row = 0; row < (rows ? rows[s] : m); row++) {
                    sum += x[row * 4 + p % 4] * y[row * 4 + col % 4];
                }
            }
            *cell = sum;
        }
    }
}
