#include "refine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int is_share(float value) {
    return value >= 0.0f && value < 1.0f;
}

static int options_are_good(const struct refine_options *options) {
    return is_share(options->label_smoothing) && is_share(options->dropout) &&
           is_share(options->output_dropout) && options->weight_decay >= 0.0f &&
           isfinite(options->weight_decay) && is_share(options->averaging) &&
           is_share(options->warm_up);
}

static int fits_augmentation(const struct network_config *config) {
    return config->steps <= AUGMENT_MAX_SIDE && config->inputs <= AUGMENT_MAX_SIDE;
}

static enum lstm_status allocate(struct refinement *refinement, const struct network *network,
                                 int batch) {
    const struct network_config *config = &network->config;
    struct refinement *r = refinement;
    if (r->options.dropout > 0.0f || r->options.output_dropout > 0.0f) {
        size_t floats = dropout_floats(config->layers, network->steps, network->hidden, batch);
        r->masks = malloc(floats * sizeof(float));
        if (!r->masks) {
            return LSTM_OUT_OF_MEMORY;
        }
    }
    if (r->augment.share > 0.0f) {
        size_t pictures = (size_t)batch * (size_t)(config->steps * config->inputs);
        r->work_floats = augment_floats(&r->augment, config->steps, config->inputs);
        r->pictures = malloc((pictures + NETWORK_MAX_SHARDS * r->work_floats) * sizeof(float));
        if (!r->pictures) {
            return LSTM_OUT_OF_MEMORY;
        }
        r->work = r->pictures + pictures;
    }
    if (r->options.averaging > 0.0f) {
        r->average = malloc(network->parameter_floats * sizeof(float));
        if (!r->average) {
            return LSTM_OUT_OF_MEMORY;
        }
    }
    return LSTM_OK;
}

enum lstm_status refine_create(struct refinement *refinement, const struct network *network,
                               const struct refine_options *options,
                               const struct augment_options *augment, uint32_t seed, int batch) {
    if (!options_are_good(options) ||
        (augment && (!augment_options_are_good(augment) || !fits_augmentation(&network->config)))) {
        return LSTM_BAD_CONFIG;
    }
    struct refinement made = {.options = *options, .seed = seed};
    if (augment) {
        made.augment = *augment;
    }
    enum lstm_status status = allocate(&made, network, batch);
    if (status != LSTM_OK) {
        refine_destroy(&made);
        return status;
    }
    refine_destroy(refinement);
    *refinement = made;
    return LSTM_OK;
}

void refine_destroy(struct refinement *refinement) {
    free(refinement->masks);
    free(refinement->pictures);
    free(refinement->average);
    *refinement = (struct refinement){.masks = NULL};
}

void refine_begin(struct refinement *refinement, const struct network *network,
                  struct shard *shards, int count) {
    const struct network_config *config = &network->config;
    float *memory = refinement->masks;
    for (int i = 0; memory && i < count; i++) {
        struct dropout *dropout = &refinement->dropout[i];
        *dropout = (struct dropout){
            .layers = config->layers, .steps = network->steps, .hidden = network->hidden};
        dropout_carve(dropout, memory, shards[i].rows);
        memory += dropout_floats(config->layers, network->steps, network->hidden, shards[i].rows);
        shards[i].dropout = dropout;
    }
}

int refine_distort(const struct refinement *refinement, const struct shard *shard,
                   const struct dataset *dataset, const uint32_t *sequences,
                   struct dataset *pictures) {
    const struct refinement *r = refinement;
    if (!r->pictures) {
        return 0;
    }
    int steps = dataset->steps, inputs = dataset->inputs;
    size_t size = (size_t)steps * (size_t)inputs;
    float *first = r->pictures + (size_t)shard->first * size;
    for (int row = 0; row < shard->rows; row++) {
        float *picture = first + (size_t)row * size;
        dataset_sequence(picture, dataset, sequences[row]);
        augment_picture(picture, r->work + (size_t)shard->index * r->work_floats, &r->augment,
                        steps, inputs, rng_stream(r->seed, r->epoch, sequences[row], RNG_AUGMENT));
    }
    *pictures = (struct dataset){
        .values = first, .is_float = 1, .count = shard->rows, .steps = steps, .inputs = inputs};
    return 1;
}

void refine_drop(const struct refinement *refinement, const struct shard *shard,
                 const uint32_t *sequences) {
    const struct refinement *r = refinement;
    struct dropout_options dropout = {r->options.dropout, r->options.output_dropout};
    for (int row = 0; shard->dropout && row < shard->rows; row++) {
        dropout_draw(shard->dropout, &dropout, r->seed, r->epoch, sequences[row], row, shard->rows);
    }
}

void refine_average(struct refinement *refinement, const struct network *network) {
    if (!refinement->average) {
        return;
    }
    if (refinement->averaged == 0.0) {
        memcpy(refinement->average, network->parameters, network->parameter_floats * sizeof(float));
    }
    double t = refinement->averaged++;
    float share = 1.0f - fminf(refinement->options.averaging, (float)((1.0 + t) / (10.0 + t)));
    float *average = refinement->average;
    for (size_t i = 0; i < network->parameter_floats; i++) {
        average[i] += share * (network->parameters[i] - average[i]);
    }
}

void refine_show_average(struct refinement *refinement, const struct network *network, int show) {
    if (refinement->averaged == 0.0 || refinement->shows_average == show) {
        return;
    }
    for (size_t i = 0; i < network->parameter_floats; i++) {
        float shown = network->parameters[i];
        network->parameters[i] = refinement->average[i];
        refinement->average[i] = shown;
    }
    refinement->shows_average = show;
    network_forget(network);
}
