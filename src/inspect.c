#include "inspect.h"

#include <stdlib.h>

#include "trainer.h"

/* out: row 0 of quads that lie quad_step floats apart. */
static void unpack_first_row(float *out, struct cell_signal signal, int columns) {
    for (int i = 0; i < columns; i++) {
        out[i] = signal.quads[(size_t)(i / 4) * signal.quad_step + (size_t)(i % 4)];
    }
}

static int count_signals(const struct cell_type *type) {
    int count = 0;
    while (count < CELL_MAX_SIGNALS && type->signals[count]) {
        count++;
    }
    return count;
}

static void trace_layer(const struct network *net, const struct shard *shard, int l,
                        float *signals) {
    int hidden = net->config.hidden, count = count_signals(net->type);
    for (int s = 0; s < count; s++) {
        for (int t = 0; t < net->steps; t++) {
            size_t at = (size_t)((l * count + s) * net->steps + t) * (size_t)hidden;
            unpack_first_row(signals + at, network_signal(net, shard, l, t, s), hidden);
        }
    }
}

enum lstm_status inspect_trace(struct network *network, const struct dataset *dataset,
                               float *signals, float *probabilities) {
    if (!trainer_fits(network, dataset)) {
        return LSTM_BAD_CONFIG;
    }
    if (dataset->count != 1) {
        return LSTM_BAD_ARGUMENT;
    }
    const struct network_config *config = &network->config;
    const struct shard shard = {.rows = 1};
    batch_read(network, &shard, dataset, 0);
    for (int l = 0; l < config->layers; l++) {
        trace_layer(network, &shard, l, signals);
    }
    for (int t = 0; t < network->steps; t++) {
        network_answer(network, &shard, t);
        loss_softmax(probabilities + (size_t)t * (size_t)config->classes,
                     network_logits(network, &shard), 0, 1, config->classes);
    }
    return LSTM_OK;
}

enum lstm_status inspect_gradient_flow(struct network *network, const struct dataset *dataset,
                                       enum loss kind, const struct gradient_flow *flow,
                                       double *loss) {
    const struct network_config *config = &network->config;
    if (!trainer_fits(network, dataset)) {
        return LSTM_BAD_CONFIG;
    }
    if (dataset->count < 1 || dataset->count > config->batch) {
        return LSTM_BAD_ARGUMENT;
    }
    float *scratch = malloc(2 * (size_t)config->classes * sizeof(float));
    if (!scratch) {
        return LSTM_OUT_OF_MEMORY;
    }
    int correct = 0;
    network_transpose_weights(network, 1);
    for (int i = 0; i < dataset->count; i++) {
        const struct shard row = {.first = i, .rows = 1};
        batch_read(network, &row, dataset, 0);
        loss_gradient(network_logits(network, &row), loss, &correct, scratch, dataset->labels + i,
                      kind, 0.0f, 1.0f, 1, config->classes);
        network_gradient_flow(network, &row, flow);
    }
    free(scratch);
    return LSTM_OK;
}
