/* The LSTM as TensorFlow's BasicLSTMCell has it: no peepholes, one bias, a constant added to the
 * forget gate's input. Hochreiter and Schmidhuber 1997; forget gate: Gers, Schmidhuber and Cummins 2000.
 *
 *   [i j f o] = [x_t, h_{t-1}] W + b
 *   c_t = sigmoid(f + forget_bias) c_{t-1} + sigmoid(i) tanh(j)
 *   h_t = sigmoid(o) tanh(c_t) */
#include "../kernels/kernels.h"
#include "cell.h"

/* So few columns of zeros between x and h cost less than a product of their own for h. */
enum { SHORT_GAP = 12 };

/* Leaves out what is zero: columns of x, and before the first step h. */
static void gate_inputs(const struct cell *cell, const struct cell_step *step) {
    int k = cell->inputs + cell->hidden, n = 4 * cell->hidden;
    int has_x = step->x_end > step->x_first;
    int first = has_x ? step->x_first : cell->inputs;
    int is_one = !has_x || cell->inputs - step->x_end <= SHORT_GAP;
    int end = !step->first && is_one ? k : step->x_end;
    kernel_gemm(step->gates, step->xh, cell->kernel, cell->bias, KERNEL_START_BIAS, step->rows, n,
                first, end - first, k);
    if (!step->first && !is_one) {
        kernel_gemm(step->gates, step->xh, cell->kernel, 0, KERNEL_START_OUT, step->rows, n,
                    cell->inputs, cell->hidden, k);
    }
}

void lstm_cell_forward(const struct cell *cell, const struct cell_step *step) {
    gate_inputs(cell, step);
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
                    cell->hidden, 0, n, n);
    }
    if (dx) {
        kernel_gemm(dx, step->gates, cell->input_t, 0, KERNEL_START_OUT, step->rows, cell->inputs,
                    0, n, n);
    }
}
