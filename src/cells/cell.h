/* A recurrent cell at one time step, for the rows of one shard. Each kind of cell has a file with its
 * forward and its backward pass side by side, and a row in the table of cell_type (cell.c); forward.c,
 * backward.c and infer.c call them step by step and know no kind. All activations are in quads (kernels.h);
 * sizes here are padded. Rows that a step does not make are never read; what it leaves there means nothing. */
#ifndef LSTM_CELL_H
#define LSTM_CELL_H

#include "../kernels/kernels.h"

enum cell_kind {
    CELL_LSTM,          /* as TensorFlow's BasicLSTMCell */
    CELL_LSTM_PEEPHOLE, /* its gates also see the cell state */
    CELL_GRU,           /* as PyTorch's and cuDNN's */
    CELL_RNN,           /* the plain recurrent network */
    CELL_FEEDFORWARD,   /* no feedback: all steps' inputs at once through one layer */
    CELL_KINDS,
};

/* Room for a step's activations in 8 bits: see kernel_quantise. */
struct cell_quantised {
    kernel_q *a;
    float *scale;
    int32_t *sum;
};

/* A layer's parameters. The kernel's columns are the gates' inputs, in an order of the cell's own. */
struct cell {
    int inputs, hidden;                /* I, H, padded */
    int units;                         /* H as configured */
    int kernel_rows;                   /* I + H, or I where nothing comes back */
    int columns;                       /* of the kernel: gates x H */
    float forget_bias;                 /* a constant added to the forget gate's input */
    enum kernel_activation activation; /* of the cells without gates */
    const float *kernel;               /* panels: rows of x first, then of h */
    const kernel_q *kernel_q;          /* in 8 bits, to be used instead; NULL: not */
    const float *scale_q;              /* of its columns */
    const float *bias;                 /* biases x H */
    const float *peepholes;            /* p_i, p_f, p_o, H each; NULL: none */
    const float *recurrent_t;          /* panels columns x H: the kernel's rows of h, transposed */
    const float *input_t;              /* panels columns x I: its rows of x, transposed */
};

/* One step's activations: what forward leaves for backward. */
struct cell_step {
    int rows;            /* that the step makes: the first ones of the arrays */
    int stride;          /* rows of the arrays */
    int first;           /* the first step: h and c before it are zero */
    int is_sparse;       /* much of x_t is zero */
    const float *xh;     /* [x_t; h_{t-1}], quads rows x (I + H) */
    const float *c_last; /* c_{t-1}, quads rows x H */
    float
        *gates; /* quads rows x states H: forward leaves activations; backward dL/d(their inputs) */
    float *c;   /* c_t */
    float *tanh_c;
    float *h;                        /* h_t */
    struct cell_quantised quantised; /* where the cell has kernel_q */
};

/* All steps at once, after backward: for the gradients of the weights. */
struct cell_run {
    int rows, steps;             /* rows of the arrays */
    const int *made;             /* the rows that each step made; NULL: all */
    int is_sparse;               /* much of x is zero */
    const float *xh, *gates, *c; /* the first step's; c starts with the zero state before it */
    size_t xh_step, gates_step, c_step;  /* floats from one step to the next */
    float *dkernel, *dbias, *dpeepholes; /* zeroed; the gradients are added */
};

/* Activations that a step leaves to be looked at: quads rows x H whose quads lie quad_step floats apart. */
struct cell_signal {
    const float *quads;
    size_t quad_step;
};

enum { CELL_MAX_SIGNALS = 6 };

/* What a kind of cell is, and does. */
struct cell_type {
    const char *prefix; /* of its tensors' names */
    int gates;          /* H-blocks of the kernel's columns */
    int biases;         /* H-blocks of the bias */
    int states;         /* H-blocks of struct cell_step's gates */
    int unit_multiple;  /* H is padded to a multiple, so that the kernel's columns come in eights */
    int is_recurrent, has_cell_state, has_peepholes;
    const char *signals[CELL_MAX_SIGNALS]; /* names, NULL after the last */

    /* The kernel's column of a gate's unit; gates in the order of the tensors' rows. */
    int (*column)(int gate, int unit, int hidden);

    /* Reads xh and c_last; leaves gates, c, tanh_c and h. */
    void (*forward)(const struct cell *cell, const struct cell_step *step);

    /* In: dh = dL/dh_t, all of it; dc = dL/dc_t from later steps. Out: gates = dL/d(gate inputs),
     * dc = dL/dc_{t-1}, dh = dL/dh_{t-1} (in the first step, where nothing is before it: anything), and
     * if dx is given, dx += dL/dx_t. */
    void (*backward)(const struct cell *cell, const struct cell_step *step, float *dh, float *dc,
                     float *dx);

    /* The gradients of the weights: large products over all steps. */
    void (*gradients)(const struct cell *cell, const struct cell_run *run);

    /* out = dL/dc_t, all of it, of what backward gets; before backward. NULL without a cell state. */
    void (*state_gradient)(const struct cell *cell, const struct cell_step *step, float *out,
                           const float *dh, const float *dc);

    struct cell_signal (*signal)(const struct cell *cell, const struct cell_step *step, int signal);
};

extern const struct cell_type lstm_cell, lstm_peephole_cell, gru_cell, rnn_cell, feedforward_cell;

const struct cell_type *cell_type_of(enum cell_kind kind);

/* out (quads rows x n) = bias + [x_t; h_{t-1}] W for the n columns of the kernel from `column` on (multiples
 * of eight). */
void cell_product(const struct cell *cell, const struct cell_step *step, float *out,
                  const float *bias, int column, int n);

/* dkernel's rows of x (is_h = 0) or h += the product of x or h and dgates over all steps, for n columns
 * from `column` on. dgates: the first step's gradients of these columns. */
void cell_kernel_gradients(const struct cell *cell, const struct cell_run *run, int is_h,
                           const float *dgates, int column, int n);

#endif
