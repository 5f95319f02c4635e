/* Where a shard's activations lie. */
#include "shards.h"

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

float *shard_xh(const struct network *net, const struct shard *shard, int l, int t) {
    const struct layer *layer = &net->layers[l];
    return shard_at(layer->xh, shard, net->steps + 1, layer->inputs + net->hidden, t);
}

float *shard_gates(const struct network *net, const struct shard *shard, int l, int t) {
    return shard_at(net->layers[l].gates, shard, net->steps, net->type->states * net->hidden, t);
}

float *shard_c(const struct network *net, const struct shard *shard, int l, int t) {
    return net->type->has_cell_state
               ? shard_at(net->layers[l].c, shard, net->steps + 1, net->hidden, t + 1)
               : NULL;
}

float *shard_tanh_c(const struct network *net, const struct shard *shard, int l, int t) {
    return net->type->has_cell_state
               ? shard_at(net->layers[l].tanh_c, shard, net->steps, net->hidden, t)
               : NULL;
}

float *shard_h(const struct network *net, const struct shard *shard, int l, int t) {
    return shard_xh(net, shard, l, t + 1) + (size_t)net->layers[l].inputs * (size_t)shard->rows;
}

float *shard_dh(const struct network *net, const struct shard *shard, int l) {
    return shard_at(net->layers[l].dh, shard, 1, net->hidden, 0);
}

float *shard_dc(const struct network *net, const struct shard *shard, int l) {
    return net->type->has_cell_state ? shard_at(net->layers[l].dc, shard, 1, net->hidden, 0) : NULL;
}

float *shard_dx(const struct network *net, const struct shard *shard) {
    return shard_at(net->dx, shard, 1, net->layers[0].inputs, 0);
}

float *network_input(const struct network *network, const struct shard *shard, int t) {
    int inputs = network_pad(network->config.inputs, 4);
    return network->type->is_recurrent
               ? shard_xh(network, shard, 0, t)
               : shard_xh(network, shard, 0, 0) + (size_t)(t * inputs) * (size_t)shard->rows;
}

float *network_logits(const struct network *network, const struct shard *shard) {
    return shard_at(network->logits, shard, 1, network->classes, 0);
}

const float *network_hidden(const struct network *network, const struct shard *shard, int layer,
                            int t) {
    return shard_h(network, shard, layer, t);
}

const float *network_cell_state(const struct network *network, const struct shard *shard, int layer,
                                int t) {
    return shard_c(network, shard, layer, t);
}

struct cell network_cell(const struct network *net, int l) {
    const struct layer *layer = &net->layers[l];
    return (struct cell){.inputs = layer->inputs,
                         .hidden = net->hidden,
                         .units = net->config.hidden,
                         .kernel_rows = layer->kernel_rows,
                         .columns = net->type->gates * net->hidden,
                         .forget_bias = net->config.forget_bias,
                         .activation = net->config.activation,
                         .kernel = net->parameters + layer->kernel,
                         .bias = net->parameters + layer->bias,
                         .peepholes =
                             net->type->has_peepholes ? net->parameters + layer->peepholes : NULL,
                         .recurrent_t = layer->recurrent_t,
                         .input_t = layer->input_t};
}

const int *shard_rows_made(const struct network *net, const struct shard *shard, int l) {
    int is_shared =
        net->type->is_recurrent && (l == 0 || !shard->dropout); /* a mask for each row */
    return is_shared ? net->made[shard->index] : NULL;
}

struct cell_step shard_step(const struct network *net, const struct shard *shard, int l, int t) {
    const int *made = shard_rows_made(net, shard, l);
    return (struct cell_step){.rows = made ? made[t] : shard->rows,
                              .stride = shard->rows,
                              .first = t == 0,
                              .is_sparse = l == 0,
                              .xh = shard_xh(net, shard, l, t),
                              .c_last = shard_c(net, shard, l, t - 1),
                              .gates = shard_gates(net, shard, l, t),
                              .c = shard_c(net, shard, l, t),
                              .tanh_c = shard_tanh_c(net, shard, l, t),
                              .h = shard_h(net, shard, l, t)};
}

struct cell_signal network_signal(const struct network *network, const struct shard *shard,
                                  int layer, int t, int signal) {
    struct cell cell = network_cell(network, layer);
    struct cell_step step = shard_step(network, shard, layer, t);
    return network->type->signal(&cell, &step, signal);
}

const float *shard_answer(const struct network *net, const struct shard *shard, int t) {
    return shard->dropout ? shard->dropout->output : shard_h(net, shard, net->config.layers - 1, t);
}
