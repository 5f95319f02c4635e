/* The forward pass over all steps, shard by shard. It leaves every activation: for the way back, and to be looked
 * at. Where only the answer counts: infer.c. */
#include <string.h>

#include "shards.h"

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
    for (int t = 0; t < net->steps; t++) {
        const float *x = shard_xh(net, shard, 0, t);
        activity->quads[t] = (struct kernel_span){0, t == 0};
        for (int q = 0; q < quads; q++) {
            if (!shard_is_zero(x + (size_t)q * size, size)) {
                extend(&activity->quads[t], q);
                extend(&activity->steps[q], t);
            }
        }
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

/* The steps at the start in which no row of the shard has an input: what they do is the same for all rows. */
static int blank_steps(const struct network *net, const struct shard *shard) {
    const struct kernel_span *steps = net->activity[shard->index].steps;
    int blank = net->type->is_recurrent ? net->steps : 0;
    for (int q = 0; q < net->layers[0].inputs / 4; q++) {
        int is_active = steps[q].first < steps[q].end;
        blank = is_active && steps[q].first < blank ? steps[q].first : blank;
    }
    return blank;
}

/* Copies the one row that x (quads of n columns) starts with to all rows. */
static void spread(float *x, int rows, int n) {
    for (int q = n / 4 - 1; q >= 0; q--) {
        float quad[4];
        memcpy(quad, x + (size_t)q * 4, sizeof quad);
        for (int row = 0; row < rows; row++) {
            memcpy(x + ((size_t)q * (size_t)rows + (size_t)row) * 4, quad, sizeof quad);
        }
    }
}

/* The first `steps` steps, blank ones, of the first `layers` layers: made for one row, then copied to all.
 * Until then that row lies where the arrays of all rows begin, its x right before its h. */
static void forward_blank(const struct network *net, const struct shard *shard, int steps,
                          int layers) {
    for (int t = 0; t < steps; t++) {
        for (int l = 0; l < layers; l++) {
            struct cell cell = network_cell(net, l);
            struct cell_step step = shard_step(net, shard, l, t);
            float *x = shard_h(net, shard, l, t - 1) - cell.inputs; /* zeros in the first layer */
            if (l > 0) {
                memcpy(x, shard_h(net, shard, l - 1, t), (size_t)cell.inputs * sizeof(float));
            }
            step.rows = 1;
            step.xh = x;
            net->type->forward(&cell, &step);
        }
    }
    for (int t = 0; t < steps; t++) {
        for (int l = 0; l < layers; l++) {
            struct cell_step step = shard_step(net, shard, l, t);
            spread(step.gates, shard->rows, net->type->states * net->hidden);
            spread(step.h, shard->rows, net->hidden);
            if (net->type->has_cell_state) {
                spread(step.c, shard->rows, net->hidden);
                spread(step.tanh_c, shard->rows, net->hidden);
            }
        }
    }
}

void network_forward(const struct network *network, const struct shard *shard) {
    int layers = network->config.layers, last = network->steps - 1;
    int shared = shard->dropout ? 1 : layers; /* above the first layer every row has its own mask */
    find_activity(network, shard);
    for (int l = 0; l < layers; l++) {
        clear_first_state(network, shard, l);
    }
    int blank = shard->rows > 1 ? blank_steps(network, shard) : 0; /* those to be shared */
    forward_blank(network, shard, blank, shared);
    for (int t = 0; t <= last; t++) {
        for (int l = 0; l < layers; l++) {
            struct cell cell = network_cell(network, l);
            struct cell_step step = shard_step(network, shard, l, t);
            if (t >= blank || l >= shared) {
                network->type->forward(&cell, &step);
            }
            if (l + 1 < layers) {
                pass_up(network, shard, l, t, step.h);
            }
        }
    }
    network_answer(network, shard, last);
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
                network->classes, 0, network->hidden, network->hidden);
}
