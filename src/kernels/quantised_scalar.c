/* The specification of the products in 8 bits. */
#include <math.h>

#include "kernels.h"

void kernel_quantise(kernel_q *q, float *scale, int32_t *sum, const float *a, int m, int k) {
    for (int row = 0; row < m; row++) {
        float most = 1.0f;
        for (int p = 0; p < k; p++) {
            float x = fabsf(a[(p / 4 * m + row) * 4 + p % 4]);
            most = x > most ? x : most;
        }
        scale[row] = most / (float)KERNEL_Q_MOST;
        sum[row] = 0;
        for (int p = 0; p < k; p++) {
            int at = (p / 4 * m + row) * 4 + p % 4;
            q[at] = (kernel_q)rintf(a[at] * ((float)KERNEL_Q_MOST / most));
            sum[row] += q[at];
        }
    }
}

void kernel_quantised_gemm(float *out, const kernel_q *a, const float *a_scale,
                           const int32_t *a_sum, const kernel_q *w, const float *w_scale,
                           const float *bias, int m, int n, int k) {
    const int group = KERNEL_Q_GROUP;
    for (int col = 0; col < n; col++) {
        const kernel_q *column = w + (size_t)(col / 8) * 8 * (size_t)k + col % 8 * group;
        for (int row = 0; row < m; row++) {
            int32_t sum = -KERNEL_Q_ZERO * a_sum[row];
            for (int p = 0; p < k; p++) {
                sum += a[(p / 4 * m + row) * 4 + p % 4] * column[p / group * 8 * group + p % group];
            }
            out[(col / 4 * m + row) * 4 + col % 4] =
                bias[col] + (float)sum * (a_scale[row] * w_scale[col]);
        }
    }
}
