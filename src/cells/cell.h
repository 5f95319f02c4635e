/* One recurrent cell at one time step, for the rows of one shard. A cell's file holds its forward and
 * its backward pass side by side; network.c calls them step by step. All activations are in
 * quads (kernels.h); sizes here are padded to multiples of four. */
#ifndef LSTM_CELL_H
#define LSTM_CELL_H

/* A layer's parameters. Gate columns are interleaved in fours, [i4 j4 f4 o4] for units 0 to 3, then
 * for 4 to 7, ...: each group of units has its four gates side by side. */
struct cell {
    int inputs, hidden;       /* I, H, padded */
    float forget_bias;        /* a constant added to the forget gate's input */
    const float *kernel;      /* panels (I + H) x 4 H: rows of x first, then of h */
    const float *bias;        /* 4 H */
    const float *recurrent_t; /* panels 4 H x H: the kernel's rows of h, transposed */
    const float *input_t; /* panels 4 H x I: its rows of x, transposed; NULL in the first layer */
};

/* One step's activations: what forward leaves for backward. */
struct cell_step {
    int rows;
    int first;           /* the first step: h and c before it are zero */
    int x_first, x_end;  /* the columns of x_t that are not all zero, from first to end - 1 */
    const float *xh;     /* [x_t; h_{t-1}], quads rows x (I + H) */
    const float *c_last; /* c_{t-1}, quads rows x H */
    float *gates; /* quads rows x 4 H: forward leaves i, j, f, o; backward dL/d(their inputs) */
    float *c;     /* c_t */
    float *tanh_c;
    float *h; /* h_t */
};

/* Keeps gates, c and tanh_c for backward. */
void lstm_cell_forward(const struct cell *cell, const struct cell_step *step);

/* In: dh = dL/dh_t, all of it; dc = dL/dc_t from later steps. Out: gates = dL/d(gate inputs),
 * dc = dL/dc_{t-1}, dh = dL/dh_{t-1} by way of the recurrent weights (left as it is in the first
 * step, where nothing is before it), and if dx is given, dx += dL/dx_t. The weights' gradients are
 * left to one large product over all steps (network.c). */
void lstm_cell_backward(const struct cell *cell, const struct cell_step *step, float *dh, float *dc,
                        float *dx);

#endif
