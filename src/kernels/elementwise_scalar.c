/* The specification of the element-wise kernels, as gemm_scalar.c is of the products. */
#include "kernels.h"

#include <math.h>

#include "activations.h"

static float scalar_tanh(float x) {
    x = x > TANH_CLAMP ? TANH_CLAMP : x < -TANH_CLAMP ? -TANH_CLAMP : x;
    float y = x * x;
    float p = ((TANH_P3 * y + TANH_P2) * y + TANH_P1) * y + TANH_P0;
    float q = (((TANH_Q4 * y + TANH_Q3) * y + TANH_Q2) * y + TANH_Q1) * y + 1.0f;
    return x * p / q;
}

static float scalar_sigmoid(float x) {
    return 0.5f * scalar_tanh(0.5f * x) + 0.5f;
}

void kernel_tanh(float *y, const float *x, size_t count) {
    for (size_t i = 0; i < count; i++) {
        y[i] = scalar_tanh(x[i]);
    }
}

void kernel_sigmoid(float *y, const float *x, size_t count) {
    for (size_t i = 0; i < count; i++) {
        y[i] = scalar_sigmoid(x[i]);
    }
}

void kernel_lstm_forward(float *gates, float *c, float *tanh_c, float *h, const float *c_last,
                         float forget_bias, int m, int quads) {
    size_t size = (size_t)m * 4;
    for (int q = 0; q < quads; q++) {
        float *gi = gates + (size_t)q * 4 * size;
        float *gj = gi + size;
        float *gf = gj + size;
        float *go = gf + size;
        for (size_t e = 0; e < size; e++) {
            size_t u = (size_t)q * size + e;
            gi[e] = scalar_sigmoid(gi[e]);
            gj[e] = scalar_tanh(gj[e]);
            gf[e] = scalar_sigmoid(gf[e] + forget_bias);
            go[e] = scalar_sigmoid(go[e]);
            c[u] = gf[e] * c_last[u] + gi[e] * gj[e];
            tanh_c[u] = scalar_tanh(c[u]);
            h[u] = go[e] * tanh_c[u];
        }
    }
}

void kernel_lstm_backward(float *gates, float *dc, const float *dh, const float *c_last,
                          const float *tanh_c, int m, int quads) {
    size_t size = (size_t)m * 4;
    for (int q = 0; q < quads; q++) {
        float *gi = gates + (size_t)q * 4 * size;
        float *gj = gi + size;
        float *gf = gj + size;
        float *go = gf + size;
        for (size_t e = 0; e < size; e++) {
            size_t u = (size_t)q * size + e;
            float i = gi[e], j = gj[e], f = gf[e], o = go[e], tc = tanh_c[u];
            float d = dc[u] + dh[u] * o * (1.0f - tc * tc);
            go[e] = dh[u] * tc * (o * (1.0f - o));
            gi[e] = d * j * (i * (1.0f - i));
            gj[e] = d * i * (1.0f - j * j);
            gf[e] = d * c_last[u] * (f * (1.0f - f));
            dc[u] = d * f;
        }
    }
}

void kernel_adam(float *p, float *m, float *v, const float *g, const struct kernel_adam_step *step,
                 size_t count) {
    float rest1 = 1.0f - step->beta1;
    float rest2 = 1.0f - step->beta2;
    for (size_t i = 0; i < count; i++) {
        float gradient = g[i] * step->g_scale;
        m[i] = step->beta1 * m[i] + rest1 * gradient;
        v[i] = step->beta2 * v[i] + rest2 * (gradient * gradient);
        p[i] -= step->rate * m[i] / (step->v_scale * sqrtf(v[i]) + step->epsilon);
    }
}

void kernel_column_sum(float *sum, const float *d, int m, int n, int steps, size_t d_step) {
    for (int col = 0; col < n; col++) {
        for (int s = 0; s < steps; s++) {
            const float *y = d + (size_t)s * d_step + (size_t)(col / 4) * (size_t)m * 4;
            for (int row = 0; row < m; row++) {
                sum[col] += y[row * 4 + col % 4];
            }
        }
    }
}

void kernel_add(float *a, const float *b, size_t count) {
    for (size_t i = 0; i < count; i++) {
        a[i] += b[i];
    }
}

double kernel_sum_squares(const float *x, size_t count) {
    double sum = 0.0;
    for (size_t block = 0; block < count; block += 1024) {
        size_t end = block + 1024 < count ? block + 1024 : count;
        float lane[4] = {0.0f, 0.0f, 0.0f, 0.0f};
        for (size_t i = block; i < end; i++) {
            lane[i % 4] += x[i] * x[i];
        }
        sum += ((double)lane[0] + (double)lane[1]) + ((double)lane[2] + (double)lane[3]);
    }
    return sum;
}
