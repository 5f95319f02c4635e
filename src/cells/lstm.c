/* The LSTM. Hochreiter and Schmidhuber 1997; forget gate: Gers, Schmidhuber and Cummins 2000. As
 * TensorFlow's BasicLSTMCell has it, one bias, a constant added to the forget gate's input:
 *
 *   [i j f o] = [x_t, h_{t-1}] W + b
 *   c_t = sigmoid(f + forget_bias) c_{t-1} + sigmoid(i) tanh(j)
 *   h_t = sigmoid(o) tanh(c_t)
 *
 * With peepholes (Gers and Schmidhuber 2000; Graves 2013; TensorFlow's LSTMCell with use_peepholes) the
 * gates see the cell state of their own unit as well: i + p_i c_{t-1}, f + p_f c_{t-1}, o + p_o c_t.
 *
 * The kernel's columns are interleaved in fours, [i4 j4 f4 o4] for units 0 to 3, then for 4 to 7, ...:
 * each group of units has its four gates side by side. */
#include "cell.h"

/* PyTorch's tensors have all units' i, then f, then g (our j), then o. */
static int lstm_column(int gate, int unit, int hidden) {
    static const int place_of_gate[] = {0, 2, 1, 3};
    (void)hidden;
    return unit / 4 * 16 + place_of_gate[gate] * 4 + unit % 4;
}

static void lstm_forward(const struct cell *cell, const struct cell_step *step) {
    cell_product(cell, step, step->gates, cell->bias, 0, cell->columns);
    kernel_lstm_forward(step->gates, step->c, step->tanh_c, step->h, step->c_last, cell->peepholes,
                        cell->forget_bias, step->rows, step->stride, cell->hidden / 4);
}

static void lstm_backward(const struct cell *cell, const struct cell_step *step, float *dh,
                          float *dc, float *dx) {
    int n = cell->columns;
    kernel_lstm_backward(step->gates, dc, dh, step->c_last, step->tanh_c, cell->peepholes,
                         step->rows, step->stride, cell->hidden / 4);
    if (!step->first) {
        kernel_gemm(dh, step->gates, cell->recurrent_t, NULL, KERNEL_START_ZERO, step->rows,
                    step->stride, cell->hidden, 0, n, n, 0);
    }
    if (dx) {
        kernel_gemm(dx, step->gates, cell->input_t, NULL, KERNEL_START_OUT, step->rows,
                    step->stride, cell->inputs, 0, n, n, 0);
    }
}

static void lstm_gradients(const struct cell *cell, const struct cell_run *run) {
    cell_kernel_gradients(cell, run, 0, run->gates, 0, cell->columns);
    cell_kernel_gradients(cell, run, 1, run->gates, 0, cell->columns);
    kernel_column_sum(run->dbias, run->gates, run->made, run->rows, cell->columns, run->steps,
                      run->gates_step);
    if (cell->peepholes) {
        kernel_peephole_gradients(run->dpeepholes, run->gates, run->c, run->made, run->rows,
                                  cell->hidden / 4, run->steps, run->gates_step, run->c_step);
    }
}

/* Where gate `place` (i, j, f, o) of element e of the cell state stands. */
static float gate_at(const struct cell_step *step, size_t e, size_t place) {
    size_t size = (size_t)step->stride * 4;
    return step->gates[(e / size * 4 + place) * size + e % size];
}

static void lstm_state_gradient(const struct cell *cell, const struct cell_step *step, float *out,
                                const float *dh, const float *dc) {
    size_t size = (size_t)step->stride * 4;
    for (size_t e = 0; e < (size_t)step->stride * (size_t)cell->hidden; e++) {
        float o = gate_at(step, e, 3), tc = step->tanh_c[e];
        out[e] = dc[e] + dh[e] * o * (1.0f - tc * tc);
        if (cell->peepholes) {
            size_t unit = e / size * 4 + e % 4;
            out[e] += dh[e] * tc * (o * (1.0f - o)) * cell->peepholes[2 * cell->hidden + (int)unit];
        }
    }
}

static struct cell_signal lstm_signal(const struct cell *cell, const struct cell_step *step,
                                      int signal) {
    static const int place_of_signal[] = {0, 2, 3, 1};
    (void)cell;
    size_t quad = (size_t)step->stride * 4;
    if (signal < 4) {
        return (struct cell_signal){step->gates + (size_t)place_of_signal[signal] * quad, 4 * quad};
    }
    return (struct cell_signal){signal == 4 ? step->c : step->h, quad};
}

#define LSTM_TYPE                                                                                  \
    .prefix = "lstm", .gates = 4, .biases = 4, .states = 4, .unit_multiple = 4, .is_recurrent = 1, \
    .has_cell_state = 1, .signals = {"input", "forget", "output", "candidate", "cell", "hidden"},  \
    .column = lstm_column, .forward = lstm_forward, .backward = lstm_backward,                     \
    .gradients = lstm_gradients, .state_gradient = lstm_state_gradient, .signal = lstm_signal

const struct cell_type lstm_cell = {LSTM_TYPE};
const struct cell_type lstm_peephole_cell = {LSTM_TYPE, .has_peepholes = 1};
