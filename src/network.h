/* The network: stacked layers of one kind of cell read T rows of I numbers, the last hidden state goes
 * through the output layer. One block of memory holds it all; nothing allocates after creation. A
 * feed-forward network reads all rows in one step.
 *
 * The rows of a batch are cut into shards, each with activations and gradients of its own, that may run
 * on different threads. Calls on a shard touch nothing of another shard. */
#ifndef LSTM_NETWORK_H
#define LSTM_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#include "cells/cell.h"
#include "dropout.h"
#include "kernels/kernels.h"
#include "parallel.h"
#include "status.h"

enum {
    NETWORK_MAX_LAYERS = 3,
    NETWORK_MAX_INPUTS = 4096,
    NETWORK_MAX_STEPS = 4096,
    NETWORK_MAX_HIDDEN = 1024,
    NETWORK_MAX_CLASSES = 1024,
    NETWORK_MAX_BATCH = 1024,
    NETWORK_MAX_SHARDS = 4,
    NETWORK_SHARD_ROWS = 25, /* a batch of more rows is cut up */
    NETWORK_MAX_SHARD_ROWS = KERNEL_MAX_ROWS,
    NETWORK_KNOWN_STEPS = 32,     /* blank first steps whose states are remembered, at most */
    NETWORK_MAX_SEQUENCE = 65536, /* numbers that a feed-forward network reads at once */
    NETWORK_MAX_TENSORS = 4 * NETWORK_MAX_LAYERS + 2,
};

/* Each size from 1 to its maximum above. */
struct network_config {
    enum cell_kind cell;
    enum kernel_activation activation; /* of CELL_RNN and CELL_FEEDFORWARD; KERNEL_TANH elsewhere */
    int inputs;                        /* I: numbers read at each step */
    int steps;                         /* T */
    int hidden;                        /* H: units of each layer */
    int layers;                        /* L */
    int classes;                       /* C */
    int batch;                         /* B: the largest batch */
    float forget_bias;                 /* of the LSTMs */
};

/* G gates: 4 (LSTM), 3 (GRU), 1. */
enum tensor_kind {
    TENSOR_WEIGHT_IH,     /* [G H, I], rows in PyTorch's gate order i, f, g, o or r, z, n */
    TENSOR_WEIGHT_HH,     /* [G H, H], the same */
    TENSOR_BIAS,          /* [G H], the same; without the constant forget bias */
    TENSOR_BIAS_HN,       /* [H], the GRU's: what h adds to n before the reset gate */
    TENSOR_PEEPHOLE,      /* [3, H]: of i, f, o */
    TENSOR_OUTPUT_WEIGHT, /* [C, H] */
    TENSOR_OUTPUT_BIAS,   /* [C] */
};

/* One row of the parameter table. Its elements lie packed (kernels.h); network_row and network_column find
 * them. */
struct tensor {
    enum tensor_kind kind;
    int layer;
    int rows, columns; /* columns = 1 for a bias */
    char name[32];     /* PyTorch's: "lstm.weight_ih_l0", ... */
};

/* The arrays that lie side by side with equal offsets. */
enum network_array { ARRAY_PARAMETERS, ARRAY_GRADIENTS, ARRAY_ADAM_M, ARRAY_ADAM_V };

struct layer {
    int inputs;                     /* of a step, padded to a multiple of four */
    int kernel_rows;                /* inputs, and H where the cell is recurrent */
    size_t kernel, bias, peepholes; /* offsets into the parameter arrays */
    float *recurrent_t, *input_t;   /* transposed weights, see cells/cell.h */
    float *xh, *gates, *c, *tanh_c; /* activations of all steps */
    float *dh, *dc;                 /* one step's */
    kernel_q *kernel_q;             /* in 8 bits, see quantise.h; NULL: the cell has none */
    float *scale_q;                 /* of its columns */
};

struct shard {
    int index, first, rows;        /* rows first to first + rows - 1 of the batch */
    const struct dropout *dropout; /* masks to be used; NULL: none. Set by who trains */
};

struct network {
    struct network_config config;
    struct pool *pool; /* what its batches run on; not owned; NULL = the caller alone */
    const struct cell_type *type;
    int steps;   /* that the cell makes: T, or 1 for a feed-forward network */
    int hidden;  /* H padded to a multiple of four or eight */
    int classes; /* C padded to a multiple of eight */
    struct layer layers[NETWORK_MAX_LAYERS];
    size_t output_weight, output_bias; /* offsets */
    size_t parameter_floats;           /* length of each parameter array, a multiple of four */
    float *parameters, *adam_m, *adam_v;
    float *gradients; /* one array a shard; network_reduce_gradients leaves the sum in the first */
    float *output_t;  /* the output weights, transposed */
    float *dx;        /* one step's dL/dx of the first layer, for network_gradient_flow */
    float *logits;
    /* Of each shard, [T]: how many rows step t makes: all up to the last that has begun, and one that stands for
     * the rest, since what they do before their first input is the same. */
    int *made[NETWORK_MAX_SHARDS];
    float *known; /* what infer.c knows of blank first steps, and how many of them */
    int *known_steps;
    int is_quantised;                /* read in 8 bits where only the answer counts */
    int *has_weights_q;              /* kernel_q is of the present parameters */
    struct cell_quantised quantised; /* of a step: all rows of a batch */
    uint32_t adam_t;                 /* steps of Adam taken */
    int tensor_count;
    struct tensor tensors[NETWORK_MAX_TENSORS];
};

/* x, or the next multiple above it. */
static inline int network_pad(int x, int multiple) {
    return (x + multiple - 1) / multiple * multiple;
}

/* The columns of [x h] of the layer that has most. */
static inline int network_widest(const struct network *network) {
    int widest = 0;
    for (int l = 0; l < network->config.layers; l++) {
        int rows = network->layers[l].kernel_rows;
        widest = rows > widest ? rows : widest;
    }
    return widest;
}

/* The most blank first steps that `known` has room for. */
static inline int network_known_room(const struct network *network) {
    return network->steps < NETWORK_KNOWN_STEPS ? network->steps : NETWORK_KNOWN_STEPS;
}

/* A layer's inputs in one step, without padding. */
int network_layer_inputs(const struct network *network, int layer);

/* Bytes of memory that a network of this configuration takes; 0 if the configuration is bad. */
uint64_t network_bytes(const struct network_config *config);

/* Creates a network with zero parameters. LSTM_BAD_CONFIG, LSTM_OUT_OF_MEMORY. */
enum lstm_status network_create(struct network **network, const struct network_config *config);
void network_destroy(struct network *network);

/* Fills the parameters as the tutorial does: kernels glorot-uniform over [I + H, G H] (Glorot and
 * Bengio 2010), peepholes the same over [H, H] as TensorFlow does, gate biases 0, output weights truncated
 * normal with standard deviation 0.1, output bias 0.1; Adam's state is cleared. */
void network_initialise(struct network *network, uint64_t seed);

/* Clears Adam's moments: no steps taken. */
void network_reset_adam(struct network *network);

/* Where a tensor's elements lie, as offsets into any parameter array: element (row, column) at
 * network_row + network_column. */
size_t network_row(const struct network *network, const struct tensor *tensor, int row);
size_t network_column(const struct network *network, const struct tensor *tensor, int column);
float *network_array(struct network *network, enum network_array array);

/* Cuts a batch of `rows` (1..B) into shards; returns their number. */
int network_shards(struct shard shards[NETWORK_MAX_SHARDS], int rows);

/* Where the caller puts step t's inputs: quads, shard->rows x I (padded columns zero). */
float *network_input(const struct network *network, const struct shard *shard, int t);

/* Reads the inputs; the logits (quads, shard->rows x C) are at network_logits then. The less work, the earlier the
 * rows with the fewest blank first steps come: see `made`. */
void network_forward(const struct network *network, const struct shard *shard);

float *network_logits(const struct network *network, const struct shard *shard);

/* To be called after each change of the parameters: what blank first steps do (infer.h) and the 8-bit weights depend
 * on them. */
void network_forget(const struct network *network);

/* Puts the output layer on h_t instead: the logits if the reading stopped after step t. */
void network_answer(const struct network *network, const struct shard *shard, int t);

/* h_t after step t (of network->steps), or c_t (NULL: the cell has none), of a layer: quads,
 * shard->rows x H. */
const float *network_hidden(const struct network *network, const struct shard *shard, int layer,
                            int t);
const float *network_cell_state(const struct network *network, const struct shard *shard, int layer,
                                int t);

/* Signal `signal` of the cell's type (cells/cell.h) in step t, after network_forward. Of a shard of one row: of
 * more, not all rows make every step. */
struct cell_signal network_signal(const struct network *network, const struct shard *shard,
                                  int layer, int t, int signal);

/* Once after each change of the parameters, before network_backward. all: also those that only
 * network_gradient_flow needs. */
void network_transpose_weights(struct network *network, int all);

/* Back-propagation through time (Werbos 1990). In: dL/dlogits in place of the logits. Out: the
 * shard's gradient array, overwritten. Needs the activations that network_forward left. */
void network_backward(const struct network *network, const struct shard *shard);

/* Euclidean norms of gradients, each summed over rows of a batch. */
struct gradient_flow {
    double
        *hidden;  /* [L][network->steps]: |dL/dh_t|, by every way that leads from h_t to the loss */
    double *cell; /* [L][network->steps]: |dL/dc_t|; zero for cells without a cell state */
    double *input; /* [T]: |dL/dx_t| */
};

/* As network_backward, but adds the norms to *flow, and leaves the weights' gradients alone. Shards of one row:
 * what several have in common would be added up before its norm is taken. */
void network_gradient_flow(const struct network *network, const struct shard *shard,
                           const struct gradient_flow *flow);

/* Adds the gradients of `count` shards up, in order, into the first. */
void network_reduce_gradients(struct network *network, int count);

#endif
