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

void kernel_activate(float *y, const float *x, enum kernel_activation activation, size_t count) {
    for (size_t i = 0; i < count; i++) {
        y[i] = activation == KERNEL_TANH       ? scalar_tanh(x[i])
               : activation == KERNEL_LOGISTIC ? scalar_sigmoid(x[i])
                                               : x[i];
    }
}

void kernel_activate_backward(float *dx, const float *dy, const float *y,
                              enum kernel_activation activation, size_t count) {
    for (size_t i = 0; i < count; i++) {
        dx[i] = activation == KERNEL_TANH       ? dy[i] * (1.0f - y[i] * y[i])
                : activation == KERNEL_LOGISTIC ? dy[i] * (y[i] * (1.0f - y[i]))
                                                : dy[i];
    }
}

/* p_i, p_f and p_o of one quad of units. */
struct peepholes {
    const float *i, *f, *o;
};

static struct peepholes peepholes_of(const float *peepholes, int quad, int quads) {
    const float *p = peepholes ? peepholes + (size_t)quad * 4 : NULL;
    size_t units = (size_t)quads * 4;
    return p ? (struct peepholes){p, p + units, p + 2 * units} : (struct peepholes){0};
}

void kernel_lstm_forward(float *gates, float *c, float *tanh_c, float *h, const float *c_last,
                         const float *peepholes, float forget_bias, int m, int stride, int quads) {
    size_t count = (size_t)m * 4, size = (size_t)stride * 4;
    for (int q = 0; q < quads; q++) {
        float *gi = gates + (size_t)q * 4 * size;
        float *gj = gi + size;
        float *gf = gj + size;
        float *go = gf + size;
        struct peepholes p = peepholes_of(peepholes, q, quads);
        for (size_t e = 0; e < count; e++) {
            size_t u = (size_t)q * size + e;
            if (peepholes) {
                gi[e] += p.i[e % 4] * c_last[u];
                gf[e] += p.f[e % 4] * c_last[u];
            }
            gi[e] = scalar_sigmoid(gi[e]);
            gj[e] = scalar_tanh(gj[e]);
            gf[e] = scalar_sigmoid(gf[e] + forget_bias);
            c[u] = gf[e] * c_last[u] + gi[e] * gj[e];
            if (peepholes) {
                go[e] += p.o[e % 4] * c[u];
            }
            go[e] = scalar_sigmoid(go[e]);
            tanh_c[u] = scalar_tanh(c[u]);
            h[u] = go[e] * tanh_c[u];
        }
    }
}

void kernel_lstm_backward(float *gates, float *dc, const float *dh, const float *c_last,
                          const float *tanh_c, const float *peepholes, int m, int stride,
                          int quads) {
    size_t count = (size_t)m * 4, size = (size_t)stride * 4;
    for (int q = 0; q < quads; q++) {
        float *gi = gates + (size_t)q * 4 * size;
        float *gj = gi + size;
        float *gf = gj + size;
        float *go = gf + size;
        struct peepholes p = peepholes_of(peepholes, q, quads);
        for (size_t e = 0; e < count; e++) {
            size_t u = (size_t)q * size + e;
            float i = gi[e], j = gj[e], f = gf[e], o = go[e], tc = tanh_c[u];
            float d = dc[u] + dh[u] * o * (1.0f - tc * tc);
            go[e] = dh[u] * tc * (o * (1.0f - o));
            if (peepholes) {
                d += go[e] * p.o[e % 4];
            }
            gi[e] = d * j * (i * (1.0f - i));
            gj[e] = d * i * (1.0f - j * j);
            gf[e] = d * c_last[u] * (f * (1.0f - f));
            dc[u] = d * f;
            if (peepholes) {
                dc[u] = (dc[u] + gi[e] * p.i[e % 4]) + gf[e] * p.f[e % 4];
            }
        }
    }
}

void kernel_peephole_gradients(float *dpeepholes, const float *dgates, const float *c,
                               const int *rows, int m, int quads, int steps, size_t gates_step,
                               size_t c_step) {
    size_t size = (size_t)m * 4, units = (size_t)quads * 4;
    for (size_t u = 0; u < units; u++) {
        for (int s = 0; s < steps; s++) {
            const float *gi = dgates + (size_t)s * gates_step + u / 4 * 4 * size + u % 4;
            const float *gf = gi + 2 * size, *go = gi + 3 * size;
            const float *c_last = c + (size_t)s * c_step + u / 4 * size + u % 4;
            for (size_t e = 0; e < (size_t)(rows ? rows[s] : m) * 4; e += 4) {
                dpeepholes[u] += gi[e] * c_last[e];
                dpeepholes[units + u] += gf[e] * c_last[e];
                dpeepholes[2 * units + u] += go[e] * c_last[c_step + e];
            }
        }
    }
}

void kernel_gru_forward(float *gates, float *h, const float *h_last, int m, int stride, int quads) {
    size_t count = (size_t)m * 4, size = (size_t)stride * 4, block = size * (size_t)quads;
    for (int q = 0; q < quads; q++) {
        float *gr = gates + (size_t)q * size, *gz = gr + block, *gn = gz + block;
        const float *from_h = gn + block;
        for (size_t e = 0; e < count; e++) {
            size_t u = (size_t)q * size + e;
            gr[e] = scalar_sigmoid(gr[e]);
            gz[e] = scalar_sigmoid(gz[e]);
            gn[e] = scalar_tanh(gn[e] + gr[e] * from_h[e]);
            h[u] = gn[e] + gz[e] * (h_last[u] - gn[e]);
        }
    }
}

void kernel_gru_backward(float *gates, float *dh, const float *h_last, int m, int stride,
                         int quads) {
    size_t count = (size_t)m * 4, size = (size_t)stride * 4, block = size * (size_t)quads;
    for (int q = 0; q < quads; q++) {
        float *gr = gates + (size_t)q * size, *gz = gr + block, *gn = gz + block;
        float *from_h = gn + block;
        for (size_t e = 0; e < count; e++) {
            size_t u = (size_t)q * size + e;
            float r = gr[e], z = gz[e], n = gn[e], d = dh[u];
            gz[e] = d * (h_last[u] - n) * (z * (1.0f - z));
            gn[e] = d * (1.0f - z) * (1.0f - n * n);
            gr[e] = gn[e] * from_h[e] * (r * (1.0f - r));
            from_h[e] = gn[e] * r;
            dh[u] = d * z;
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

void kernel_column_sum(float *sum, const float *d, const int *rows, int m, int n, int steps,
                       size_t d_step) {
    for (int col = 0; col < n; col++) {
        for (int s = 0; s < steps; s++) {
            const float *y = d + (size_t)s * d_step + (size_t)(col / 4) * (size_t)m * 4;
            for (int row = 0; row < (rows ? rows[s] : m); row++) {
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
