/* The kernels' contract: everything that costs time. The *_scalar.c files are the specification,
 * the *_simd.c files compute the same with 128-bit SIMD: without fused multiply-add both do the same
 * operations in the same order, so their results are equal bit for bit.
 *
 * Layouts
 *   quads   float x[n/4][m][4]: a matrix of m rows and n columns (n a multiple of 4), columns in
 *           fours. Activations of a batch of m rows are stored so: element (row, col) is
 *           x[(col / 4) * m * 4 + row * 4 + col % 4]. Where only the first m of an array's rows count,
 *           `stride` rows lie between its quads of columns: m <= stride.
 *   panels  float w[n/8][k][8]: a weight matrix of k rows and n columns, columns in eights; when n
 *           is not a multiple of 8 a last panel [k][4] follows.
 * All arrays are 16-byte aligned. Outputs do not alias inputs unless said. Sizes are never 0.
 * Kernels cannot fail. */
#ifndef LSTM_KERNELS_H
#define LSTM_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* Where a product's sums start. */
enum kernel_start {
    KERNEL_START_ZERO, /* out = a w */
    KERNEL_START_BIAS, /* out = bias + a w, the bias added first */
    KERNEL_START_OUT,  /* out = out + a w */
};

/* The most rows of a product. */
enum { KERNEL_MAX_ROWS = 256 };

/* out (quads m x n) = start + the product of a's columns `first` to first + k - 1 (a: quads of m rows) and
 * the same rows of w (panels k_total x n). out and a have `stride` rows. first and k multiples of 4, n of 4.
 * Each sum runs over k in order. bias: n floats. sparse: of so many of the k columns, the first ones, what is
 * zero is left out where rows side by side are zero together; nothing but the sign of a zero can depend on
 * it, as long as w is finite. */
void kernel_gemm(float *out, const float *a, const float *w, const float *bias,
                 enum kernel_start start, int m, int stride, int n, int first, int k, int k_total,
                 int sparse);

/* The gradient of w: dw (panels, k of k_total rows x n) += sum over steps s and rows r of
 * a[s][r][k] d[s][r][n], in order of s, then r. a: quads m x k, a_step floats from one step to the
 * next; d: quads m x n, d_step likewise. k a multiple of 4, n of 8. is_sparse: much of a is zero, to be
 * left out as above. rows: how many of a step's rows count, the first ones, or NULL: all m. */
void kernel_gemm_tn(float *dw, const float *a, const float *d, int is_sparse, const int *rows,
                    int m, int n, int k, int k_total, int steps, size_t a_step, size_t d_step);

/* Products in 8 bits: a number of a is a_scale[row] times a whole number of -127 to 127, one of w w_scale[col] times
 * a whole number of -63 to 63, stored with 64 added: never negative, as relaxed SIMD wants one factor. Relaxed SIMD
 * multiplies and adds groups of four bytes, plain SIMD pairs of 16 bits, so there they are stored in these. */
#ifdef __wasm_relaxed_simd__
typedef int8_t kernel_q;
enum { KERNEL_Q_GROUP = 4 };
#else
typedef int16_t kernel_q;
enum { KERNEL_Q_GROUP = 2 };
#endif
enum { KERNEL_Q_MOST = 127, KERNEL_Q_WEIGHT = 63, KERNEL_Q_ZERO = 64 };

/* q = a in 8 bits: quads m x k; for each row its scale, max(1, greatest |a|) / 127, and the sum of its numbers.
 * Rounded to nearest, ties to even. */
void kernel_quantise(kernel_q *q, float *scale, int32_t *sum, const float *a, int m, int k);

/* out (quads m x n) = bias + a w. a, a_scale, a_sum: of kernel_quantise. w: [n/8][k/G][8][G], G = KERNEL_Q_GROUP:
 * panels of eight columns, whose numbers stand side by side in groups. The sums are exact. k a multiple of 4, n
 * of 8. */
void kernel_quantised_gemm(float *out, const kernel_q *a, const float *a_scale,
                           const int32_t *a_sum, const kernel_q *w, const float *w_scale,
                           const float *bias, int m, int n, int k);

/* sum (n floats) += d summed over steps and rows, in order. d: quads m x n; d_step, rows: as above. */
void kernel_column_sum(float *sum, const float *d, const int *rows, int m, int n, int steps,
                       size_t d_step);

/* The LSTM's element-wise forward pass for m rows of `quads` * 4 units; all arrays have `stride` rows.
 * gates: [quads][4][stride][4], the gate's inputs in order i, j, f, o; replaced by their activations
 *   i = sigmoid(i + p_i c_last), j = tanh(j), f = sigmoid(f + forget_bias + p_f c_last),
 *   o = sigmoid(o + p_o c).
 * c = f c_last + i j, tanh_c = tanh(c), h = o tanh_c: quads m x 4 quads each.
 * peepholes: p_i, p_f, p_o, 4 quads floats each; NULL: none (BasicLSTMCell). */
void kernel_lstm_forward(float *gates, float *c, float *tanh_c, float *h, const float *c_last,
                         const float *peepholes, float forget_bias, int m, int stride, int quads);

/* Backward of the same. gates: the activations, replaced by the gradients of the gates' inputs.
 * dc: dL/dc, in: what later steps add; out: dL/dc_last. dh: dL/dh, all of it. */
void kernel_lstm_backward(float *gates, float *dc, const float *dh, const float *c_last,
                          const float *tanh_c, const float *peepholes, int m, int stride,
                          int quads);

/* dpeepholes (p_i, p_f, p_o) += the gradients summed over steps and rows, in order. dgates: the gates'
 * gradients of the first step, gates_step floats from one step to the next; c: c before the first step,
 * then each step's, c_step floats apart; rows: as above. */
void kernel_peephole_gradients(float *dpeepholes, const float *dgates, const float *c,
                               const int *rows, int m, int quads, int steps, size_t gates_step,
                               size_t c_step);

/* The GRU's element-wise forward pass (Cho et al. 2014; the reset gate after the product, as PyTorch and
 * cuDNN have it) for m rows of `quads` * 4 units; all arrays have `stride` rows. gates: [4][quads][stride][4],
 * the inputs of r and z, then n's two shares, from x and from h_last; replaced by r = sigmoid(r),
 * z = sigmoid(z), n = tanh(from x + r from h); the share from h stays. h = n + z (h_last - n). */
void kernel_gru_forward(float *gates, float *h, const float *h_last, int m, int stride, int quads);

/* Backward of the same. gates: what forward left, replaced by the gradients of r's, z's and both of
 * n's inputs. dh: dL/dh, out: its direct share z dh of dL/dh_last. */
void kernel_gru_backward(float *gates, float *dh, const float *h_last, int m, int stride,
                         int quads);

/* What one step of Adam needs beside the arrays: bias corrections are folded in. */
struct kernel_adam_step {
    float beta1, beta2;
    float rate;    /* learning rate / (1 - beta1^t) */
    float v_scale; /* 1 / sqrt(1 - beta2^t) */
    float epsilon;
    float g_scale; /* what each gradient is multiplied by first (clipping); 1 = as it is */
};

/* Adam (Kingma and Ba 2015, algorithm 1) on count floats, count a multiple of 4:
 * m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, p -= rate m / (v_scale sqrt(v) + eps). */
void kernel_adam(float *p, float *m, float *v, const float *g, const struct kernel_adam_step *step,
                 size_t count);

/* a += b, count floats, count a multiple of 4. */
void kernel_add(float *a, const float *b, size_t count);

/* Sum of the squares of count floats (a multiple of 4): four float lanes over blocks of 1024
 * floats, the blocks' lanes added in double. */
double kernel_sum_squares(const float *x, size_t count);

enum kernel_activation {
    KERNEL_TANH,
    KERNEL_LINEAR,   /* y = x */
    KERNEL_LOGISTIC, /* the sigmoid 1 / (1 + e^-x) */
    KERNEL_ACTIVATIONS,
};

/* y = f(x), count a multiple of 4, y may be x. Absolute error on all finite x: tanh at most 5e-7 (relative
 * error the same), sigmoid at most 3e-7; never outside [-1, 1] and [0, 1]; tanh is odd bit for bit. */
void kernel_activate(float *y, const float *x, enum kernel_activation activation, size_t count);

/* dx = dy f'(x), with f' told by y = f(x). */
void kernel_activate_backward(float *dx, const float *dy, const float *y,
                              enum kernel_activation activation, size_t count);

#endif
