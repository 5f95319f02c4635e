/* The network's memory and its parameter table. The parameters' values: parameters.c; its forward and backward
 * passes: forward.c, backward.c, infer.c. */
#include "network.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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

/* count: a multiple of four. */
static kernel_q *carve_q(struct arena *arena, uint64_t count) {
    return (kernel_q *)(void *)carve(arena, count * sizeof(kernel_q) / sizeof(float));
}

static void append(char *name, const char *text) {
    size_t length = strlen(name);
    assert(length + strlen(text) < sizeof((struct tensor *)NULL)->name);
    memcpy(name + length, text, strlen(text) + 1);
}

static void add_tensor(struct network *net, enum tensor_kind kind, int layer, int rows,
                       int columns) {
    static const char *const names[] = {".weight_ih_l", ".weight_hh_l",  ".bias_ih_l", ".bias_hn_l",
                                        ".peephole_l",  "output.weight", "output.bias"};
    assert(net->tensor_count < NETWORK_MAX_TENSORS);
    struct tensor *tensor = &net->tensors[net->tensor_count++];
    *tensor = (struct tensor){.kind = kind, .layer = layer, .rows = rows, .columns = columns};
    int is_output = kind == TENSOR_OUTPUT_WEIGHT || kind == TENSOR_OUTPUT_BIAS;
    append(tensor->name, is_output ? "" : net->type->prefix);
    append(tensor->name, names[kind]);
    append(tensor->name, is_output ? "" : (char[]){(char)('0' + layer), 0});
}

static size_t place(size_t *offset, size_t floats) {
    size_t at = *offset;
    *offset += floats;
    return at;
}

int network_layer_inputs(const struct network *network, int layer) {
    const struct network_config *config = &network->config;
    int first = network->type->is_recurrent ? config->inputs : config->steps * config->inputs;
    return layer == 0 ? first : config->hidden;
}

static void lay_out_layer(struct network *net, int l, size_t *offset) {
    const struct cell_type *type = net->type;
    struct layer *layer = &net->layers[l];
    int hidden = net->config.hidden, inputs = network_layer_inputs(net, l);
    size_t h = (size_t)net->hidden;
    layer->inputs =
        l > 0 ? net->hidden : net->config.steps / net->steps * network_pad(net->config.inputs, 4);
    layer->kernel_rows = layer->inputs + (type->is_recurrent ? net->hidden : 0);
    layer->kernel = place(offset, (size_t)layer->kernel_rows * (size_t)type->gates * h);
    layer->bias = place(offset, (size_t)type->biases * h);
    layer->peepholes = place(offset, type->has_peepholes ? 3 * h : 0);
    add_tensor(net, TENSOR_WEIGHT_IH, l, type->gates * hidden, inputs);
    if (type->is_recurrent) {
        add_tensor(net, TENSOR_WEIGHT_HH, l, type->gates * hidden, hidden);
    }
    add_tensor(net, TENSOR_BIAS, l, type->gates * hidden, 1);
    if (type->biases > type->gates) {
        add_tensor(net, TENSOR_BIAS_HN, l, hidden, 1);
    }
    if (type->has_peepholes) {
        add_tensor(net, TENSOR_PEEPHOLE, l, 3, hidden);
    }
}

/* The parameter table and the offsets of what it names. */
static void lay_out_parameters(struct network *net) {
    const struct network_config *config = &net->config;
    size_t offset = 0;
    for (int l = 0; l < config->layers; l++) {
        lay_out_layer(net, l, &offset);
    }
    net->output_weight = place(&offset, (size_t)net->hidden * (size_t)net->classes);
    net->output_bias = place(&offset, (size_t)net->classes);
    add_tensor(net, TENSOR_OUTPUT_WEIGHT, 0, config->classes, config->hidden);
    add_tensor(net, TENSOR_OUTPUT_BIAS, 0, config->classes, 1);
    net->parameter_floats = offset;
}

static void carve_layer(const struct network *net, struct layer *layer, struct arena *arena) {
    const struct cell_type *type = net->type;
    uint64_t b = (uint64_t)net->config.batch, t = (uint64_t)net->steps;
    uint64_t h = (uint64_t)net->hidden, inputs = (uint64_t)layer->inputs;
    uint64_t columns = (uint64_t)type->gates * h;
    uint64_t state = type->has_cell_state ? b * h : 0;
    layer->recurrent_t = carve(arena, type->is_recurrent ? columns * h : 0);
    layer->input_t = carve(arena, columns * inputs);
    layer->xh = carve(arena, (t + 1) * b * (inputs + h));
    layer->gates = carve(arena, t * b * (uint64_t)type->states * h);
    layer->c = carve(arena, (t + 1) * state);
    layer->tanh_c = carve(arena, t * state);
    layer->dh = carve(arena, b * h);
    layer->dc = carve(arena, 2 * state); /* also room for network_gradient_flow */
    if (type->has_cell_state) {
        layer->kernel_q = carve_q(arena, columns * (uint64_t)layer->kernel_rows);
        layer->scale_q = carve(arena, columns);
    }
}

/* The states after none to NETWORK_KNOWN_STEPS blank steps: h and c of each layer. */
static uint64_t known_floats(const struct network *net) {
    uint64_t state = 2 * (uint64_t)net->config.layers * (uint64_t)net->hidden;
    return net->type->is_recurrent ? (uint64_t)(network_known_room(net) + 1) * state : 0;
}

static void carve_network(struct network *net, struct arena *arena) {
    uint64_t b = (uint64_t)net->config.batch;
    struct shard shards[NETWORK_MAX_SHARDS];
    int shard_count = network_shards(shards, net->config.batch);
    net->parameters = carve(arena, net->parameter_floats);
    net->adam_m = carve(arena, net->parameter_floats);
    net->adam_v = carve(arena, net->parameter_floats);
    net->gradients = carve(arena, net->parameter_floats * (uint64_t)shard_count);
    for (int l = 0; l < net->config.layers; l++) {
        carve_layer(net, &net->layers[l], arena);
    }
    net->output_t = carve(arena, (uint64_t)net->hidden * (uint64_t)net->classes);
    net->dx = carve(arena, b * (uint64_t)net->layers[0].inputs);
    net->logits = carve(arena, b * (uint64_t)net->classes);
    net->known_steps = (int *)(void *)carve(arena, 1);
    net->known = carve(arena, known_floats(net));
    net->has_weights_q = (int *)(void *)carve(arena, 1);
    if (net->type->has_cell_state) {
        net->quantised.a = carve_q(arena, b * (uint64_t)network_widest(net));
        net->quantised.scale = carve(arena, b);
        net->quantised.sum = (int32_t *)(void *)carve(arena, b);
    }
    for (int i = 0; i < shard_count; i++) {
        net->made[i] = (int *)(void *)carve(arena, (uint64_t)net->steps);
    }
}

_Static_assert(NETWORK_MAX_BATCH <= NETWORK_MAX_SHARDS * NETWORK_MAX_SHARD_ROWS,
               "a batch fits into its shards");

static int in_range(int value, int maximum) {
    return value >= 1 && value <= maximum;
}

static int cell_is_good(const struct network_config *config) {
    if ((int)config->cell < 0 || config->cell >= CELL_KINDS || (int)config->activation < 0 ||
        config->activation >= KERNEL_ACTIVATIONS) {
        return 0;
    }
    int is_plain = config->cell == CELL_RNN || config->cell == CELL_FEEDFORWARD;
    return is_plain || config->activation == KERNEL_TANH;
}

static int config_is_good(const struct network_config *config) {
    return cell_is_good(config) && in_range(config->inputs, NETWORK_MAX_INPUTS) &&
           in_range(config->steps, NETWORK_MAX_STEPS) &&
           in_range(config->hidden, NETWORK_MAX_HIDDEN) &&
           in_range(config->layers, NETWORK_MAX_LAYERS) &&
           in_range(config->classes, NETWORK_MAX_CLASSES) &&
           in_range(config->batch, NETWORK_MAX_BATCH) && isfinite(config->forget_bias) &&
           (config->cell != CELL_FEEDFORWARD ||
            config->steps * config->inputs <= NETWORK_MAX_SEQUENCE);
}

/* Lays *net out in the block; with block = NULL only counts. Returns the bytes. */
static uint64_t lay_out(struct network *net, const struct network_config *config, char *block) {
    const struct cell_type *type = cell_type_of(config->cell);
    *net = (struct network){.config = *config,
                            .type = type,
                            .steps = type->is_recurrent ? config->steps : 1,
                            .hidden = network_pad(config->hidden, type->unit_multiple),
                            .classes = network_pad(config->classes, 8)};
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
