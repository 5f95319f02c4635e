/* The network's forward pass over all steps and back-propagation through time, shard by shard. */
#include "network.h"

#include <string.h>

#include "cells/cell.h"

/* ---- shards and what they own ---- */

int network_shards(struct shard shards[NETWORK_MAX_SHARDS], int rows) {
    int count = (rows + NETWORK_SHARD_ROWS - 1) / NETWORK_SHARD_ROWS;
    count = count > NETWORK_MAX_SHARDS ? NETWORK_MAX_SHARDS : count;
    for (int i = 0, first = 0; i < count; i++) {
        int share = (rows - first + count - i - 1) / (count - i);
        shards[i] = (struct shard){.index = i, .first = first, .rows = share};
        first += share;
    }
    return count;
}

/* A shard's part of an array that has `floats` a row and step: rows of earlier shards come first,
 * each with all its steps. */
static float *shard_at(float *array, const struct shard *shard, int steps, int floats, int t) {
    size_t row = (size_t)floats;
    return array + (size_t)shard->first * (size_t)steps * row +
           (size_t)t * (size_t)shard->rows * row;
}

static float *xh_at(const struct network *net, const struct shard *shard, int l, int t) {
    const struct layer *layer = &net->layers[l];
    return shard_at(layer->xh, shard, net->config.steps + 1, layer->inputs + net->hidden, t);
}

static float *gates_at(const struct network *net, const struct shard *shard, int l, int t) {
    return shard_at(net->layers[l].gates, shard, net->config.steps, 4 * net->hidden, t);
}

/* c after step t; t = -1 is the zero state before the first. */
static float *c_at(const struct network *net, const struct shard *shard, int l, int t) {
    return shard_at(net->layers[l].c, shard, net->config.steps + 1, net->hidden, t + 1);
}

static float *h_at(const struct network *net, const struct shard *shard, int l, int t) {
    return xh_at(net, shard, l, t + 1) + (size_t)net->layers[l].inputs * (size_t)shard->rows;
}

float *network_input(const struct network *network, const struct shard *shard, int t) {
    return xh_at(network, shard, 0, t);
}

float *network_logits(const struct network *network, const struct shard *shard) {
    return shard_at(network->logits, shard, 1, network->classes, 0);
}

const float *network_hidden(const struct network *network, const struct shard *shard, int layer,
                            int t) {
    return h_at(network, shard, layer, t);
}

const float *network_cell_state(const struct network *network, const struct shard *shard, int layer,
                                int t) {
    return c_at(network, shard, layer, t);
}

static struct cell cell_of(const struct network *net, int l) {
    const struct layer *layer = &net->layers[l];
    return (struct cell){.inputs = layer->inputs,
                         .hidden = net->hidden,
                         .forget_bias = net->config.forget_bias,
                         .kernel = net->parameters + layer->kernel,
                         .bias = net->parameters + layer->bias,
                         .recurrent_t = layer->recurrent_t,
                         .input_t = layer->input_t};
}

static struct cell_step step_of(const struct network *net, const struct shard *shard, int l,
                                int t) {
    struct kernel_span x = {0, net->layers[l].inputs / 4};
    x = l == 0 ? net->activity[shard->index].quads[t] : x;
    return (struct cell_step){
        .rows = shard->rows,
        .first = t == 0,
        .x_first = 4 * x.first,
        .x_end = 4 * x.end,
        .xh = xh_at(net, shard, l, t),
        .c_last = c_at(net, shard, l, t - 1),
        .gates = gates_at(net, shard, l, t),
        .c = c_at(net, shard, l, t),
        .tanh_c = shard_at(net->layers[l].tanh_c, shard, net->config.steps, net->hidden, t),
        .h = h_at(net, shard, l, t)};
}

/* ---- forward and backward ---- */

static int is_zero(const float *x, size_t count) {
    uint32_t any = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        any |= bits;
    }
    return any == 0;
}

static void extend(struct kernel_span *span, int position) {
    if (span->first == span->end) {
        *span = (struct kernel_span){position, position + 1};
    }
    span->first = position < span->first ? position : span->first;
    span->end = position >= span->end ? position + 1 : span->end;
}

static void find_activity(const struct network *net, const struct shard *shard) {
    const struct activity *activity = &net->activity[shard->index];
    int quads = net->layers[0].inputs / 4;
    size_t size = (size_t)shard->rows * 4;
    memset(activity->steps, 0, (size_t)quads * sizeof *activity->steps);
    for (int t = 0; t < net->config.steps; t++) {
        const float *x = xh_at(net, shard, 0, t);
        activity->quads[t] = (struct kernel_span){0, t == 0};
        for (int q = 0; q < quads; q++) {
            if (!is_zero(x + (size_t)q * size, size)) {
                extend(&activity->quads[t], q);
                extend(&activity->steps[q], t);
            }
        }
    }
}

/* Hands a step's h on to the layer above. */
static void pass_up(const struct network *net, const struct shard *shard, int l, int t,
                    const float *h) {
    size_t count = (size_t)shard->rows * (size_t)net->hidden;
    float *x = xh_at(net, shard, l + 1, t);
    if (shard->dropout) {
        dropout_apply(x, h, dropout_mask(shard->dropout, l, t, shard->rows), count);
    } else {
        memcpy(x, h, count * sizeof(float));
    }
}

/* dL/dx of layer l's input as part of dL/dh of the layer below. */
static void pass_down(const struct network *net, const struct shard *shard, int l, int t, float *dh,
                      const float *dx) {
    size_t count = (size_t)shard->rows * (size_t)net->hidden;
    dropout_add(dh, dx, dropout_mask(shard->dropout, l - 1, t, shard->rows), count);
}

/* What the output layer reads. */
static const float *answer_of(const struct network *net, const struct shard *shard) {
    return shard->dropout ? shard->dropout->output
                          : h_at(net, shard, net->config.layers - 1, net->config.steps - 1);
}

void network_forward(const struct network *network, const struct shard *shard) {
    int layers = network->config.layers, last = network->config.steps - 1;
    size_t state = (size_t)shard->rows * (size_t)network->hidden;
    find_activity(network, shard);
    for (int l = 0; l < layers; l++) {
        memset(c_at(network, shard, l, -1), 0, state * sizeof(float));
    }
    for (int t = 0; t <= last; t++) {
        for (int l = 0; l < layers; l++) {
            struct cell cell = cell_of(network, l);
            struct cell_step step = step_of(network, shard, l, t);
            lstm_cell_forward(&cell, &step);
            if (l + 1 < layers) {
                pass_up(network, shard, l, t, step.h);
            }
        }
    }
    if (shard->dropout) {
        dropout_apply(shard->dropout->output, h_at(network, shard, layers - 1, last),
                      dropout_mask(shard->dropout, layers - 1, last, shard->rows), state);
    }
    kernel_gemm(network_logits(network, shard), answer_of(network, shard),
                network->parameters + network->output_weight,
                network->parameters + network->output_bias, KERNEL_START_BIAS, shard->rows,
                network->classes, 0, network->hidden, network->hidden);
}

/* The gradients of a layer's parameters: one product over all steps each. */
static void layer_gradients(const struct network *net, const struct shard *shard, int l,
                            float *grad) {
    const struct layer *layer = &net->layers[l];
    int steps = net->config.steps, n = 4 * net->hidden, k = layer->inputs + net->hidden;
    const float *xh = xh_at(net, shard, l, 0);
    const float *dgates = gates_at(net, shard, l, 0);
    size_t xh_step = (size_t)shard->rows * (size_t)k;
    size_t gates_step = (size_t)shard->rows * (size_t)n;
    float *dkernel = grad + layer->kernel;
    kernel_gemm_tn(dkernel, xh, dgates, l == 0 ? net->activity[shard->index].steps : NULL,
                   shard->rows, n, layer->inputs, k, steps, xh_step, gates_step);
    if (steps > 1) { /* before the first step h is zero */
        kernel_gemm_tn(dkernel + (size_t)layer->inputs * 8,
                       xh + xh_step + (size_t)layer->inputs * (size_t)shard->rows,
                       dgates + gates_step, NULL, shard->rows, n, net->hidden, k, steps - 1,
                       xh_step, gates_step);
    }
    kernel_column_sum(grad + layer->bias, dgates, shard->rows, n, steps, gates_step);
}

void network_backward(const struct network *network, const struct shard *shard) {
    int h = network->hidden, layers = network->config.layers, last = network->config.steps - 1;
    float *grad = network->gradients + (size_t)shard->index * network->parameter_floats;
    memset(grad, 0, network->parameter_floats * sizeof(float));
    size_t state = (size_t)shard->rows * (size_t)h;
    float *dh[NETWORK_MAX_LAYERS], *dc[NETWORK_MAX_LAYERS];
    for (int l = 0; l < layers; l++) {
        dh[l] = shard_at(network->layers[l].dh, shard, 1, h, 0);
        dc[l] = shard_at(network->layers[l].dc, shard, 1, h, 0);
        memset(dh[l], 0, state * sizeof(float));
        memset(dc[l], 0, state * sizeof(float));
    }
    const float *dlogits = network_logits(network, shard);
    kernel_gemm_tn(grad + network->output_weight, answer_of(network, shard), dlogits, NULL, shard->rows, network->classes, h, h, 1, 0, 0);
    kernel_column_sum(grad + network->output_bias, dlogits, shard->rows, network->classes, 1, 0);
    kernel_gemm(dh[layers - 1], dlogits, network->output_t, NULL, KERNEL_START_ZERO, shard->rows, h,
                0, network->classes, network->classes);
    if (shard->dropout) {
        dropout_apply(dh[layers - 1], dh[layers - 1],
                      dropout_mask(shard->dropout, layers - 1, last, shard->rows), state);
    }
    for (int t = last; t >= 0; t--) {
        for (int l = layers - 1; l >= 0; l--) {
            struct cell cell = cell_of(network, l);
            struct cell_step step = step_of(network, shard, l, t);
            float *dx = l == 0 ? NULL : shard->dropout ? shard->dropout->dx : dh[l - 1];
            if (dx && shard->dropout) {
                memset(dx, 0, state * sizeof(float));
            }
            lstm_cell_backward(&cell, &step, dh[l], dc[l], dx);
            if (dx && shard->dropout) {
                pass_down(network, shard, l, t, dh[l - 1], dx);
            }
        }
    }
    for (int l = 0; l < layers; l++) {
        layer_gradients(network, shard, l, grad);
    }
}

void network_reduce_gradients(struct network *network, int count) {
    for (int i = 1; i < count; i++) {
        kernel_add(network->gradients, network->gradients + (size_t)i * network->parameter_floats,
                   network->parameter_floats);
    }
}
