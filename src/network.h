/* The network: stacked recurrent layers read T rows of I numbers, the last hidden state goes through
 * the output layer. One block of memory holds it all; nothing allocates after creation.
 *
 * The rows of a batch are cut into shards, each with activations and gradients of its own, that may run
 * on different threads. Calls on a shard touch nothing of another shard. */
#ifndef LSTM_NETWORK_H
#define LSTM_NETWORK_H

#include <stddef.h>
#include <stdint.h>

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
    NETWORK_MAX_TENSORS = 3 * NETWORK_MAX_LAYERS + 2,
};

/* Each size from 1 to its maximum above. */
struct network_config {
    int inputs;  /* I: numbers read at each step */
    int steps;   /* T */
    int hidden;  /* H: units of each layer */
    int layers;  /* L */
    int classes; /* C */
    int batch;   /* B: the largest batch */
    float forget_bias;
};

enum tensor_kind {
    TENSOR_WEIGHT_IH,     /* [4 H, I], rows in PyTorch's gate order i, f, g, o */
    TENSOR_WEIGHT_HH,     /* [4 H, H], the same */
    TENSOR_BIAS,          /* [4 H], the same; without the constant forget bias */
    TENSOR_OUTPUT_WEIGHT, /* [C, H] */
    TENSOR_OUTPUT_BIAS,   /* [C] */
};

/* One row of the parameter table. Its elements lie packed (kernels.h); network_element finds them. */
struct tensor {
    enum tensor_kind kind;
    int layer;
    int rows, columns; /* columns = 1 for a bias */
    char name[24];     /* PyTorch's: "lstm.weight_ih_l0", ... */
};

/* The arrays that lie side by side with equal offsets. */
enum network_array { ARRAY_PARAMETERS, ARRAY_GRADIENTS, ARRAY_ADAM_M, ARRAY_ADAM_V };

struct layer {
    int inputs;                     /* padded to a multiple of four */
    size_t kernel, bias;            /* offsets into the parameter arrays */
    float *recurrent_t, *input_t;   /* transposed weights, see cells/cell.h */
    float *xh, *gates, *c, *tanh_c; /* activations of all steps */
    float *dh, *dc;                 /* one step's */
};

/* Where a shard's inputs are not zero: pictures have margins, and their products are left out. */
struct activity {
    struct kernel_span *quads; /* [T]: the quads of x_t; never none in the first step */
    struct kernel_span *steps; /* [I / 4]: the steps of a quad */
};

struct shard {
    int index, first, rows; /* rows first to first + rows - 1 of the batch */
    const struct dropout *dropout; /* masks to be used; NULL: none. Set by who trains */
};

struct network {
    struct network_config config;
    struct pool *pool; /* what its batches run on; not owned; NULL = the caller alone */
    int hidden;        /* H padded to a multiple of four */
    int classes;       /* C padded to a multiple of eight */
    struct layer layers[NETWORK_MAX_LAYERS];
    size_t output_weight, output_bias; /* offsets */
    size_t parameter_floats;           /* length of each parameter array, a multiple of four */
    float *parameters, *adam_m, *adam_v;
    float *gradients; /* one array a shard; network_reduce_gradients leaves the sum in the first */
    float *output_t;  /* the output weights, transposed */
    float *logits;
    struct activity activity[NETWORK_MAX_SHARDS];
    uint32_t adam_t; /* steps of Adam taken */
    int tensor_count;
    struct tensor tensors[NETWORK_MAX_TENSORS];
};

/* Bytes of memory that a network of this configuration takes; 0 if the configuration is bad. */
uint64_t network_bytes(const struct network_config *config);

/* Creates a network with zero parameters. LSTM_BAD_CONFIG, LSTM_OUT_OF_MEMORY. */
enum lstm_status network_create(struct network **network, const struct network_config *config);
void network_destroy(struct network *network);

/* Fills the parameters as the tutorial does: kernels glorot-uniform over [I + H, 4 H] (Glorot and
 * Bengio 2010), gate biases 0, output weights truncated normal with standard deviation 0.1, output
 * bias 0.1; Adam's state is cleared. */
void network_initialise(struct network *network, uint64_t seed);

/* Where element (row, column) of a tensor lies, as an offset into any parameter array. */
size_t network_element(const struct network *network, const struct tensor *tensor, int row,
                       int column);
float *network_array(struct network *network, enum network_array array);

/* Cuts a batch of `rows` (1..B) into shards; returns their number. */
int network_shards(struct shard shards[NETWORK_MAX_SHARDS], int rows);

/* Where the caller puts step t's inputs: quads, shard->rows x I (padded columns zero). */
float *network_input(const struct network *network, const struct shard *shard, int t);

/* Reads the inputs; the logits (quads, shard->rows x C) are at network_logits then. */
void network_forward(const struct network *network, const struct shard *shard);
float *network_logits(const struct network *network, const struct shard *shard);

/* h_t after step t, or c_t, of a layer: quads, shard->rows x H. */
const float *network_hidden(const struct network *network, const struct shard *shard, int layer,
                            int t);
const float *network_cell_state(const struct network *network, const struct shard *shard, int layer,
                                int t);

/* Once after each change of the parameters, before network_backward. */
void network_transpose_weights(struct network *network);

/* Back-propagation through time (Werbos 1990). In: dL/dlogits in place of the logits. Out: the
 * shard's gradient array, overwritten. Needs the activations that network_forward left. */
void network_backward(const struct network *network, const struct shard *shard);

/* Adds the gradients of `count` shards up, in order, into the first. */
void network_reduce_gradients(struct network *network, int count);

#endif
