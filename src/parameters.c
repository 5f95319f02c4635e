/* The parameters' values: where they lie, how they begin, and their transposes. */
#include "network.h"

#include <math.h>
#include <string.h>

#include "rng.h"

float *network_array(struct network *network, enum network_array array) {
    float *const arrays[] = {network->parameters, network->gradients, network->adam_m,
                             network->adam_v};
    return arrays[array];
}

/* Offset of (row, column) of a matrix in panels. All panels are eight wide here. */
static size_t panel_element(size_t rows, int row, int column) {
    return (size_t)(column / 8) * rows * 8 + (size_t)row * 8 + (size_t)(column % 8);
}

/* The row of a layer's kernel that takes input `column`: each step's inputs are padded. */
static int input_row(const struct network *net, int layer, int column) {
    int inputs = net->config.inputs;
    return layer == 0 ? column / inputs * network_pad(inputs, 4) + column % inputs : column;
}

size_t network_row(const struct network *network, const struct tensor *tensor, int row) {
    const struct layer *layer = &network->layers[tensor->layer];
    size_t k = (size_t)layer->kernel_rows;
    int units = network->config.hidden, h = network->hidden;
    int gate = network->type->column(row / units % network->type->gates, row % units, h);
    switch (tensor->kind) {
    case TENSOR_WEIGHT_IH:
        return layer->kernel + panel_element(k, 0, gate);
    case TENSOR_WEIGHT_HH:
        return layer->kernel + panel_element(k, layer->inputs, gate);
    case TENSOR_BIAS:
        return layer->bias + (size_t)gate;
    case TENSOR_BIAS_HN:
        return layer->bias + (size_t)(network->type->gates * h + row);
    case TENSOR_PEEPHOLE:
        return layer->peepholes + (size_t)(row * h);
    case TENSOR_OUTPUT_WEIGHT:
        return network->output_weight + panel_element((size_t)h, 0, row);
    case TENSOR_OUTPUT_BIAS:
        break;
    }
    return network->output_bias + (size_t)row;
}

size_t network_column(const struct network *network, const struct tensor *tensor, int column) {
    switch (tensor->kind) {
    case TENSOR_WEIGHT_IH:
        return (size_t)input_row(network, tensor->layer, column) * 8;
    case TENSOR_WEIGHT_HH:
    case TENSOR_OUTPUT_WEIGHT:
        return (size_t)column * 8;
    default:
        return (size_t)column;
    }
}

/* The range of a tensor's initial values where these are uniform, else 0. */
static float glorot_limit(const struct network *net, const struct tensor *tensor) {
    int hidden = net->config.hidden;
    if (tensor->kind == TENSOR_PEEPHOLE) {
        return sqrtf(6.0f / (float)(hidden + hidden));
    }
    int fan_in = network_layer_inputs(net, tensor->layer) + (net->type->is_recurrent ? hidden : 0);
    return sqrtf(6.0f / (float)(fan_in + net->type->gates * hidden));
}

void network_reset_adam(struct network *network) {
    size_t bytes = network->parameter_floats * sizeof(float);
    memset(network->adam_m, 0, bytes);
    memset(network->adam_v, 0, bytes);
    network->adam_t = 0;
}

void network_initialise(struct network *network, uint64_t seed) {
    struct rng rng = rng_seed(seed);
    size_t bytes = network->parameter_floats * sizeof(float);
    memset(network->parameters, 0, bytes);
    network_forget(network);
    network_reset_adam(network);
    for (int i = 0; i < network->tensor_count; i++) {
        const struct tensor *tensor = &network->tensors[i];
        float limit = glorot_limit(network, tensor);
        for (int row = 0; row < tensor->rows; row++) {
            float *first = network->parameters + network_row(network, tensor, row);
            for (int column = 0; column < tensor->columns; column++) {
                float *w = first + network_column(network, tensor, column);
                switch (tensor->kind) {
                case TENSOR_WEIGHT_IH:
                case TENSOR_WEIGHT_HH:
                case TENSOR_PEEPHOLE:
                    *w = (2.0f * rng_uniform(&rng) - 1.0f) * limit;
                    break;
                case TENSOR_OUTPUT_WEIGHT:
                    *w = 0.1f * rng_truncated_normal(&rng);
                    break;
                case TENSOR_OUTPUT_BIAS:
                    *w = 0.1f;
                    break;
                case TENSOR_BIAS:
                case TENSOR_BIAS_HN:
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

void network_transpose_weights(struct network *network, int all) {
    int h = network->hidden, n = network->type->gates * h;
    for (int l = 0; l < network->config.layers; l++) {
        const struct layer *layer = &network->layers[l];
        const float *kernel = network->parameters + layer->kernel;
        if (network->type->is_recurrent) {
            transpose(layer->recurrent_t, kernel, layer->inputs, h, layer->kernel_rows, n);
        }
        if (l > 0 || all) {
            transpose(layer->input_t, kernel, 0, layer->inputs, layer->kernel_rows, n);
        }
    }
    transpose(network->output_t, network->parameters + network->output_weight, 0, h, h,
              network->classes);
}
