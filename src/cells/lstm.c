/* The LSTM as TensorFlow's BasicLSTMCell has it: no peepholes, one bias, a constant added to the
 * forget gate's input. Hochreiter and Schmidhuber 1997; forget gate: Gers, Schmidhuber and Cummins 2000.
 *
 *   [i j f o] = [x_t, h_{t-1}] W + b
 *   c_t = sigmoid(f + forget_bias) c_{t-1} + sigmoid(i) tanh(j)
 *   h_t = sigmoid(o) tanh(c_t) */
#include "../kernels/kernels.h"
#include "cell.h"

void lstm_cell_forward(const struct cell *cell, const struct cell_step *step) {
    int k = cell->inputs + cell->hidden;
    /* Before the first step h is zero: its rows of W are left out. */
    kernel_gemm(step->gates, step->xh, cell->kernel, cell->bias, KERNEL_START_BIAS, step->rows,
                4 * cell->hidden, step->first ? cell->inputs : k, k);
    kernel_lstm_forward(step->gates, step->c, step->tanh_c, step->h, step->c_last,
                        cell->forget_bias, step->rows, cell->hidden / 4);
}

void lstm_cell_backward(const struct cell *cell, const struct cell_step *step, float *dh, float *dc,
                        float *dx) {
    int n = 4 * cell->hidden;
    kernel_lstm_backward(step->gates, dc, dh, step->c_last, step->tanh_c, step->rows,
                         cell->hidden / 4);
    if (!step->first) {
        kernel_gemm(dh, step->gates, cell->recurrent_t, 0, KERNEL_START_ZERO, step->rows,
                    cell->hidden, n, n);
    }
    if (dx) {
        kernel_gemm(dx, step->gates, cell->input_t, 0, KERNEL_START_OUT, step->rows, cell->inputs,
                    n, n);
    }
}
