/* The gated recurrent unit, Cho et al. 2014, as PyTorch and cuDNN have it: the reset gate multiplies
 * after the product, whose bias it sees.
 *
 *   r = sigmoid(x_t W_r + h_{t-1} U_r + b_r)
 *   z = sigmoid(x_t W_z + h_{t-1} U_z + b_z)
 *   n = tanh(x_t W_n + b_n + r (h_{t-1} U_n + b_hn))
 *   h_t = (1 - z) n + z h_{t-1}
 *
 * The kernel's columns: r, z, n. Of the four blocks of gates (and biases) the last two are n's shares from
 * x and from h, which go through different weights. */
#include "cell.h"

#include <stddef.h>

static int gru_column(int gate, int unit, int hidden) {
    return gate * hidden + unit;
}

static const float *h_last(const struct cell *cell, const struct cell_step *step) {
    return step->xh + (size_t)cell->inputs * (size_t)step->stride;
}

/* The step without x or without h: n's two shares. */
static void gru_share(const struct cell *cell, const struct cell_step *step, float *out,
                      const float *bias, int first, int k, int sparse) {
    const float *kernel = cell->kernel + (size_t)(2 * cell->hidden) * (size_t)cell->kernel_rows;
    kernel_gemm(out, step->xh, kernel, bias, KERNEL_START_BIAS, step->rows, step->stride,
                cell->hidden, first, k, cell->kernel_rows, sparse);
}

static void gru_forward(const struct cell *cell, const struct cell_step *step) {
    int h = cell->hidden;
    size_t block = (size_t)step->stride * (size_t)h;
    cell_product(cell, step, step->gates, cell->bias, 0, 2 * h);
    gru_share(cell, step, step->gates + 2 * block, cell->bias + 2 * h, 0, cell->inputs,
              step->is_sparse ? cell->inputs : 0);
    gru_share(cell, step, step->gates + 3 * block, cell->bias + 3 * h, cell->inputs, h, 0);
    kernel_gru_forward(step->gates, step->h, h_last(cell, step), step->rows, step->stride, h / 4);
}

static void gru_backward(const struct cell *cell, const struct cell_step *step, float *dh,
                         float *dc, float *dx) {
    int h = cell->hidden, n = cell->columns;
    size_t block = (size_t)step->stride * (size_t)h;
    (void)dc;
    kernel_gru_backward(step->gates, dh, h_last(cell, step), step->rows, step->stride, h / 4);
    if (!step->first) {
        kernel_gemm(dh, step->gates, cell->recurrent_t, NULL, KERNEL_START_OUT, step->rows,
                    step->stride, h, 0, 2 * h, n, 0);
        /* from one block further on, n's share from h stands where the kernel has n */
        kernel_gemm(dh, step->gates + block, cell->recurrent_t, NULL, KERNEL_START_OUT, step->rows,
                    step->stride, h, 2 * h, h, n, 0);
    }
    if (dx) {
        kernel_gemm(dx, step->gates, cell->input_t, NULL, KERNEL_START_OUT, step->rows,
                    step->stride, cell->inputs, 0, n, n, 0);
    }
}

static void gru_gradients(const struct cell *cell, const struct cell_run *run) {
    int h = cell->hidden;
    const float *from_h = run->gates + 3 * (size_t)run->rows * (size_t)h;
    cell_kernel_gradients(cell, run, 0, run->gates, 0, 3 * h);
    cell_kernel_gradients(cell, run, 1, run->gates, 0, 2 * h);
    cell_kernel_gradients(cell, run, 1, from_h, 2 * h, h);
    kernel_column_sum(run->dbias, run->gates, run->made, run->rows, 4 * h, run->steps,
                      run->gates_step);
}

static struct cell_signal gru_signal(const struct cell *cell, const struct cell_step *step,
                                     int signal) {
    size_t quad = (size_t)step->stride * 4;
    size_t block = (size_t)step->stride * (size_t)cell->hidden;
    return (struct cell_signal){signal < 3 ? step->gates + (size_t)signal * block : step->h, quad};
}

const struct cell_type gru_cell = {
    .prefix = "gru",
    .gates = 3,
    .biases = 4,
    .states = 4,
    .unit_multiple = 8,
    .is_recurrent = 1,
    .signals = {"reset", "update", "candidate", "hidden"},
    .column = gru_column,
    .forward = gru_forward,
    .backward = gru_backward,
    .gradients = gru_gradients,
    .signal = gru_signal,
};
