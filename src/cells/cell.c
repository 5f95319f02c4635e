/* The table of cells, and the products that they share. */
#include "cell.h"

#include <stddef.h>

const struct cell_type *cell_type_of(enum cell_kind kind) {
    static const struct cell_type *const types[CELL_KINDS] = {
        [CELL_LSTM] = &lstm_cell,
        [CELL_LSTM_PEEPHOLE] = &lstm_peephole_cell,
        [CELL_GRU] = &gru_cell,
        [CELL_RNN] = &rnn_cell,
        [CELL_FEEDFORWARD] = &feedforward_cell,
    };
    return types[kind];
}

void cell_product(const struct cell *cell, const struct cell_step *step, float *out,
                  const float *bias, int column, int n) {
    int k = cell->kernel_rows;
    if (cell->kernel_q) {
        const struct cell_quantised *q = &step->quantised;
        kernel_quantise(q->a, q->scale, q->sum, step->xh, step->rows, k);
        kernel_quantised_gemm(out, q->a, q->scale, q->sum, cell->kernel_q, cell->scale_q, bias,
                              step->rows, n, k);
        return;
    }
    kernel_gemm(out, step->xh, cell->kernel + (size_t)column * (size_t)k, bias, KERNEL_START_BIAS,
                step->rows, step->stride, n, 0, step->first ? cell->inputs : k, k,
                step->is_sparse ? cell->inputs : 0);
}

void cell_kernel_gradients(const struct cell *cell, const struct cell_run *run, int is_h,
                           const float *dgates, int column, int n) {
    int k = cell->kernel_rows;
    float *dkernel = run->dkernel + (size_t)column * (size_t)k;
    if (!is_h) {
        kernel_gemm_tn(dkernel, run->xh, dgates, run->is_sparse, run->made, run->rows, n,
                       cell->inputs, k, run->steps, run->xh_step, run->gates_step);
    } else if (run->steps > 1) { /* before the first step h is zero */
        kernel_gemm_tn(dkernel + (size_t)cell->inputs * 8,
                       run->xh + run->xh_step + (size_t)cell->inputs * (size_t)run->rows,
                       dgates + run->gates_step, 0, run->made ? run->made + 1 : NULL, run->rows, n,
                       cell->hidden, k, run->steps - 1, run->xh_step, run->gates_step);
    }
}
