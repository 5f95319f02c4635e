/* The plain recurrent network (Elman 1990) and, without its feedback, the feed-forward one (Rumelhart, Hinton
 * and Williams 1986), which sees all steps' inputs at once:
 *
 *   h_t = f([x_t, h_{t-1}] W + b)        h = f([x_1, ..., x_T] W + b)
 *
 * f: tanh, the logistic function or, to see that nothing fades then, y = x. */
#include "cell.h"

#include <stddef.h>

static int rnn_column(int gate, int unit, int hidden) {
    (void)gate, (void)hidden;
    return unit;
}

/* The logistic function makes 1/2 of the padding's 0, where later products need 0. */
static void clear_padding(const struct cell *cell, const struct cell_step *step) {
    for (int unit = cell->units; unit < cell->hidden; unit++) {
        float *h = step->h + (size_t)(unit / 4 * step->stride) * 4 + unit % 4;
        for (int row = 0; row < step->rows; row++) {
            h[row * 4] = 0.0f;
        }
    }
}

static void rnn_forward(const struct cell *cell, const struct cell_step *step) {
    cell_product(cell, step, step->gates, cell->bias, 0, cell->columns);
    size_t count = (size_t)step->rows * 4, quad = (size_t)step->stride * 4;
    for (size_t at = 0; at < quad * (size_t)(cell->hidden / 4); at += quad) {
        kernel_activate(step->h + at, step->gates + at, cell->activation, count);
    }
    clear_padding(cell, step);
}

static void rnn_backward(const struct cell *cell, const struct cell_step *step, float *dh,
                         float *dc, float *dx) {
    int h = cell->hidden;
    (void)dc;
    size_t count = (size_t)step->rows * 4, quad = (size_t)step->stride * 4;
    for (size_t at = 0; at < quad * (size_t)(h / 4); at += quad) {
        kernel_activate_backward(step->gates + at, dh + at, step->h + at, cell->activation, count);
    }
    if (!step->first) {
        kernel_gemm(dh, step->gates, cell->recurrent_t, NULL, KERNEL_START_ZERO, step->rows,
                    step->stride, h, 0, h, h, 0);
    }
    if (dx) {
        kernel_gemm(dx, step->gates, cell->input_t, NULL, KERNEL_START_OUT, step->rows,
                    step->stride, cell->inputs, 0, h, h, 0);
    }
}

static void rnn_gradients(const struct cell *cell, const struct cell_run *run) {
    cell_kernel_gradients(cell, run, 0, run->gates, 0, cell->hidden);
    cell_kernel_gradients(cell, run, 1, run->gates, 0, cell->hidden);
    kernel_column_sum(run->dbias, run->gates, run->made, run->rows, cell->hidden, run->steps,
                      run->gates_step);
}

static struct cell_signal rnn_signal(const struct cell *cell, const struct cell_step *step,
                                     int signal) {
    (void)cell, (void)signal;
    return (struct cell_signal){step->h, (size_t)step->stride * 4};
}

#define RNN_TYPE                                                                                   \
    .gates = 1, .biases = 1, .states = 1, .unit_multiple = 8, .signals = {"hidden"},               \
    .column = rnn_column, .forward = rnn_forward, .backward = rnn_backward,                        \
    .gradients = rnn_gradients, .signal = rnn_signal

const struct cell_type rnn_cell = {RNN_TYPE, .prefix = "rnn", .is_recurrent = 1};
const struct cell_type feedforward_cell = {RNN_TYPE, .prefix = "feedforward"};
