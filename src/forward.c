/* The forward pass over all steps, shard by shard. It leaves every activation: for the way back, and to be looked
 * at. Where only the answer counts: infer.c. */
#include <string.h>

#include "shards.h"

/* Whether row `row` of x_t (quads of the shard's rows) is all +0. */
static int is_blank(const float *x, int row, int rows, int quads) {
    static const float zeros[4];
    int q = 0;
    while (q < quads && memcmp(x + (size_t)(q * rows + row) * 4, zeros, sizeof zeros) == 0) {
        q++;
    }
    return q == quads;
}

/* Finds out how many rows each step has to make. */
static void find_rows(const struct network *net, const struct shard *shard) {
    int begun = 0; /* rows up to the last that has */
    for (int t = 0; t < net->steps; t++) {
        const float *x = shard_xh(net, shard, 0, t);
        int end = shard->rows;
        while (end > begun && is_blank(x, end - 1, shard->rows, net->layers[0].inputs / 4)) {
            end--;
        }
        begun = end;
        net->made[shard->index][t] = begun < shard->rows ? begun + 1 : begun;
    }
}

/* h and c before the first step. */
static void clear_first_state(const struct network *net, const struct shard *shard, int l) {
    size_t bytes = (size_t)shard->rows * (size_t)net->hidden * sizeof(float);
    memset(shard_h(net, shard, l, -1), 0, bytes);
    if (net->type->has_cell_state) {
        memset(shard_c(net, shard, l, -1), 0, bytes);
    }
}

/* Hands a step's h on to the layer above. */
static void pass_up(const struct network *net, const struct shard *shard, int l, int t,
                    const float *h) {
    size_t count = (size_t)shard->rows * (size_t)net->hidden;
    float *x = shard_xh(net, shard, l + 1, t);
    if (shard->dropout) {
        dropout_apply(x, h, dropout_mask(shard->dropout, l, t, shard->rows), count);
    } else {
        memcpy(x, h, count * sizeof(float));
    }
}

/* Copies row `row` of x (quads of n columns) to all rows after it. */
static void spread(float *x, int row, int rows, int n) {
    for (int q = 0; q < n / 4; q++, x += (size_t)rows * 4) {
        for (int i = row + 1; i < rows; i++) {
            memcpy(x + (size_t)i * 4, x + (size_t)row * 4, 4 * sizeof(float));
        }
    }
}

static void forward_step(const struct network *net, const struct shard *shard, int l, int t) {
    struct cell cell = network_cell(net, l);
    struct cell_step step = shard_step(net, shard, l, t);
    net->type->forward(&cell, &step);
    spread(step.h, step.rows - 1, shard->rows, net->hidden);
    if (net->type->has_cell_state) {
        spread(step.c, step.rows - 1, shard->rows, net->hidden);
    }
    if (l + 1 < net->config.layers) {
        pass_up(net, shard, l, t, step.h);
    }
}

void network_forward(const struct network *network, const struct shard *shard) {
    int layers = network->config.layers;
    find_rows(network, shard);
    for (int l = 0; l < layers; l++) {
        clear_first_state(network, shard, l);
    }
    for (int t = 0; t < network->steps; t++) {
        for (int l = 0; l < layers; l++) {
            forward_step(network, shard, l, t);
        }
    }
    network_answer(network, shard, network->steps - 1);
}

void network_answer(const struct network *network, const struct shard *shard, int t) {
    int top = network->config.layers - 1;
    if (shard->dropout) {
        dropout_apply(shard->dropout->output, shard_h(network, shard, top, t),
                      dropout_mask(shard->dropout, top, t, shard->rows),
                      (size_t)shard->rows * (size_t)network->hidden);
    }
    kernel_gemm(network_logits(network, shard), shard_answer(network, shard, t),
                network->parameters + network->output_weight,
                network->parameters + network->output_bias, KERNEL_START_BIAS, shard->rows,
                shard->rows, network->classes, 0, network->hidden, network->hidden, 0);
}
