/* The network's memory and parameters. Its forward and backward pass: bptt.c. */
#include "network.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rng.h"

/* ---- memory: one block, carved ---- */

/* A first pass with block = NULL counts, a second hands out. In 64 bits, so that no configuration
 * overflows. */
struct arena {
    char *block;
    uint64_t used;
};

static float *carve(struct arena *arena, uint64_t floats) {
    uint64_t at = arena->used;
    arena->used += (floats * sizeof(float) + 63) & ~UINT64_C(63);
    return arena->block ? (float *)(void *)(arena->block + at) : NULL;
}

static struct kernel_span *carve_spans(struct arena *arena, uint64_t count) {
    _Static_assert(sizeof(struct kernel_span) == 2 * sizeof(float), "two integers");
    return (struct kernel_span *)(void *)carve(arena, 2 * count);
}

static int round_up(int x, int multiple) {
    return (x + multiple - 1) / multiple * multiple;
}

static struct tensor *add_tensor(struct network *net, enum tensor_kind kind, int layer, int rows,
                                 int columns) {
    static const char *const names[] = {"lstm.weight_ih_l%d", "lstm.weight_hh_l%d",
                                        "lstm.bias_ih_l%d", "output.weight", "output.bias"};
    assert(net->tensor_count < NETWORK_MAX_TENSORS);
    struct tensor *tensor = &net->tensors[net->tensor_count++];
    *tensor = (struct tensor){.kind = kind, .layer = layer, .rows = rows, .columns = columns};
    const char *digit = strchr(names[kind], '%');
    size_t length = digit ? (size_t)(digit - names[kind]) : strlen(names[kind]);
    memcpy(tensor->name, names[kind], length);
    if (digit) {
        tensor->name[length] = (char)('0' + layer);
    }
    return tensor;
}

static size_t place(size_t *offset, size_t floats) {
    size_t at = *offset;
    *offset += floats;
    return at;
}

/* The parameter table and the offsets of what it names. */
static void lay_out_parameters(struct network *net) {
    const struct network_config *config = &net->config;
    size_t offset = 0;
    size_t h = (size_t)net->hidden;
    for (int l = 0; l < config->layers; l++) {
        struct layer *layer = &net->layers[l];
        int inputs = l == 0 ? config->inputs : config->hidden;
        layer->inputs = round_up(inputs, 4);
        layer->kernel = place(&offset, ((size_t)layer->inputs + h) * 4 * h);
        layer->bias = place(&offset, 4 * h);
        add_tensor(net, TENSOR_WEIGHT_IH, l, 4 * config->hidden, inputs);
        add_tensor(net, TENSOR_WEIGHT_HH, l, 4 * config->hidden, config->hidden);
        add_tensor(net, TENSOR_BIAS, l, 4 * config->hidden, 1);
    }
    net->output_weight = place(&offset, h * (size_t)net->classes);
    net->output_bias = place(&offset, (size_t)net->classes);
    add_tensor(net, TENSOR_OUTPUT_WEIGHT, 0, config->classes, config->hidden);
    add_tensor(net, TENSOR_OUTPUT_BIAS, 0, config->classes, 1);
    net->parameter_floats = offset;
}

static void carve_network(struct network *net, struct arena *arena) {
    uint64_t b = (uint64_t)net->config.batch, t = (uint64_t)net->config.steps;
    uint64_t h = (uint64_t)net->hidden;
    struct shard shards[NETWORK_MAX_SHARDS];
    int shard_count = network_shards(shards, net->config.batch);
    net->parameters = carve(arena, net->parameter_floats);
    net->adam_m = carve(arena, net->parameter_floats);
    net->adam_v = carve(arena, net->parameter_floats);
    net->gradients = carve(arena, net->parameter_floats * (uint64_t)shard_count);
    for (int l = 0; l < net->config.layers; l++) {
        struct layer *layer = &net->layers[l];
        uint64_t inputs = (uint64_t)layer->inputs;
        layer->recurrent_t = carve(arena, 4 * h * h);
        layer->input_t = l == 0 ? NULL : carve(arena, 4 * h * inputs);
        layer->xh = carve(arena, (t + 1) * b * (inputs + h));
        layer->gates = carve(arena, t * b * 4 * h);
        layer->c = carve(arena, (t + 1) * b * h);
        layer->tanh_c = carve(arena, t * b * h);
        layer->dh = carve(arena, b * h);
        layer->dc = carve(arena, b * h);
    }
    net->output_t = carve(arena, h * (uint64_t)net->classes);
    net->logits = carve(arena, b * (uint64_t)net->classes);
    for (int i = 0; i < shard_count; i++) {
        struct activity *activity = &net->activity[i];
        uint64_t quads = (uint64_t)net->layers[0].inputs / 4;
        activity->quads = carve_spans(arena, t);
        activity->steps = carve_spans(arena, quads);
    }
}

static int in_range(int value, int maximum) {
    return value >= 1 && value <= maximum;
}

static int config_is_good(const struct network_config *config) {
    return in_range(config->inputs, NETWORK_MAX_INPUTS) &&
           in_range(config->steps, NETWORK_MAX_STEPS) &&
           in_range(config->hidden, NETWORK_MAX_HIDDEN) &&
           in_range(config->layers, NETWORK_MAX_LAYERS) &&
           in_range(config->classes, NETWORK_MAX_CLASSES) &&
           in_range(config->batch, NETWORK_MAX_BATCH) && isfinite(config->forget_bias);
}

/* Lays *net out in the block; with block = NULL only counts. Returns the bytes. */
static uint64_t lay_out(struct network *net, const struct network_config *config, char *block) {
    *net = (struct network){.config = *config,
                            .hidden = round_up(config->hidden, 4),
                            .classes = round_up(config->classes, 8)};
    struct arena arena = {block, (sizeof *net + 63) & ~UINT64_C(63)};
    lay_out_parameters(net);
    carve_network(net, &arena);
    return arena.used;
}

uint64_t network_bytes(const struct network_config *config) {
    struct network net;
    return config_is_good(config) ? lay_out(&net, config, NULL) : 0;
}

enum lstm_status network_create(struct network **network, const struct network_config *config) {
    uint64_t bytes = network_bytes(config);
    if (bytes == 0) {
        return LSTM_BAD_CONFIG;
    }
    if (bytes > (uint64_t)PTRDIFF_MAX) {
        return LSTM_OUT_OF_MEMORY;
    }
    char *block = aligned_alloc(64, (size_t)bytes);
    if (!block) {
        return LSTM_OUT_OF_MEMORY;
    }
    /* Padding must be zero: zero weights, gradients and states then keep it so. */
    memset(block, 0, (size_t)bytes);
    *network = (struct network *)(void *)block;
    lay_out(*network, config, block);
    return LSTM_OK;
}

void network_destroy(struct network *network) {
    free(network);
}

/* ---- parameters ---- */

float *network_array(struct network *network, enum network_array array) {
    float *const arrays[] = {network->parameters, network->gradients, network->adam_m,
                             network->adam_v};
    return arrays[array];
}

/* Offset of (row, column) of a matrix in panels. All panels are eight wide here. */
static size_t panel_element(size_t rows, int row, int column) {
    return (size_t)(column / 8) * rows * 8 + (size_t)row * 8 + (size_t)(column % 8);
}

/* The column of a gate's unit among the interleaved gates [i4 j4 f4 o4]. `row` is the tensor's: PyTorch
 * has all units' i, then f, then g (our j), then o. */
static int gate_column(const struct network *net, int row) {
    static const int place_of_gate[] = {0, 2, 1, 3};
    int unit = row % net->config.hidden;
    return unit / 4 * 16 + place_of_gate[row / net->config.hidden] * 4 + unit % 4;
}

size_t network_element(const struct network *network, const struct tensor *tensor, int row,
                       int column) {
    const struct layer *layer = &network->layers[tensor->layer];
    size_t k = (size_t)layer->inputs + (size_t)network->hidden;
    switch (tensor->kind) {
    case TENSOR_WEIGHT_IH:
        return layer->kernel + panel_element(k, column, gate_column(network, row));
    case TENSOR_WEIGHT_HH:
        return layer->kernel + panel_element(k, layer->inputs + column, gate_column(network, row));
    case TENSOR_BIAS:
        return layer->bias + (size_t)gate_column(network, row);
    case TENSOR_OUTPUT_WEIGHT:
        return network->output_weight + panel_element((size_t)network->hidden, column, row);
    case TENSOR_OUTPUT_BIAS:
        break;
    }
    return network->output_bias + (size_t)row;
}

void network_initialise(struct network *network, uint64_t seed) {
    struct rng rng = rng_seed(seed);
    size_t bytes = network->parameter_floats * sizeof(float);
    memset(network->parameters, 0, bytes);
    memset(network->adam_m, 0, bytes);
    memset(network->adam_v, 0, bytes);
    network->adam_t = 0;
    int hidden = network->config.hidden;
    for (int i = 0; i < network->tensor_count; i++) {
        const struct tensor *tensor = &network->tensors[i];
        int layer_inputs = tensor->layer == 0 ? network->config.inputs : hidden;
        float limit = sqrtf(6.0f / (float)(layer_inputs + hidden + 4 * hidden));
        for (int row = 0; row < tensor->rows; row++) {
            for (int column = 0; column < tensor->columns; column++) {
                float *w = network->parameters + network_element(network, tensor, row, column);
                switch (tensor->kind) {
                case TENSOR_WEIGHT_IH:
                case TENSOR_WEIGHT_HH:
                    *w = (2.0f * rng_uniform(&rng) - 1.0f) * limit;
                    break;
                case TENSOR_OUTPUT_WEIGHT:
                    *w = 0.1f * rng_truncated_normal(&rng);
                    break;
                case TENSOR_OUTPUT_BIAS:
                    *w = 0.1f;
                    break;
                case TENSOR_BIAS:
                    break;
                }
            }
        }
    }
}

/* wt (panels n x k) = the `k` rows of w (panels k_total x n) from row `first` on, transposed. */
static void transpose(float *wt, const float *w, int first, int k, int k_total, int n) {
    for (int panel = 0; panel * 8 < k; panel++) {
        int width = k - panel * 8 < 8 ? 4 : 8;
        for (int col = 0; col < n; col++) {
            const float *from = w + panel_element((size_t)k_total, first + panel * 8, col);
            for (int i = 0; i < width; i++) {
                wt[col * width + i] = from[i * 8];
            }
        }
        wt += (size_t)width * (size_t)n;
    }
}

void network_transpose_weights(struct network *network) {
    int h = network->hidden;
    for (int l = 0; l < network->config.layers; l++) {
        const struct layer *layer = &network->layers[l];
        const float *kernel = network->parameters + layer->kernel;
        int k = layer->inputs + h;
        transpose(layer->recurrent_t, kernel, layer->inputs, h, k, 4 * h);
        if (layer->input_t) {
            transpose(layer->input_t, kernel, 0, layer->inputs, k, 4 * h);
        }
    }
    transpose(network->output_t, network->parameters + network->output_weight, 0, h, h,
              network->classes);
}
