#include "trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "adam.h"
#include "rng.h"

int trainer_fits(const struct network *network, const struct dataset *dataset) {
    return dataset->steps == network->config.steps && dataset->inputs == network->config.inputs;
}

/* ---- training ---- */

static int options_are_good(const struct trainer_options *options, int largest_batch) {
    return options->batch >= 1 && options->batch <= largest_batch && options->epochs >= 1 &&
           (int)options->loss >= 0 && options->loss < LOSS_KINDS && (int)options->schedule >= 0 &&
           options->schedule < SCHEDULE_KINDS && isfinite(options->learning_rate) &&
           options->learning_rate > 0.0f && options->beta1 >= 0.0f && options->beta1 < 1.0f &&
           options->beta2 >= 0.0f && options->beta2 < 1.0f && options->epsilon > 0.0f &&
           isfinite(options->clip_norm) && options->clip_norm >= 0.0f;
}

enum lstm_status trainer_create(struct trainer **trainer, struct network *network,
                                const struct dataset *dataset,
                                const struct trainer_options *options) {
    if (!options_are_good(options, network->config.batch) || !trainer_fits(network, dataset)) {
        return LSTM_BAD_CONFIG;
    }
    size_t order = (size_t)dataset->count * sizeof(uint32_t);
    size_t scratch = batch_scratch_floats(network) * sizeof(float);
    struct trainer *block = malloc(sizeof *block + order + scratch);
    if (!block) {
        return LSTM_OUT_OF_MEMORY;
    }
    *block = (struct trainer){
        .network = network, .dataset = dataset, .options = *options, .shuffled_epoch = -1};
    block->scratch = (float *)(block->order + dataset->count);
    *trainer = block;
    return LSTM_OK;
}

void trainer_destroy(struct trainer *trainer) {
    if (trainer) {
        refine_destroy(&trainer->refinement);
    }
    free(trainer);
}

enum lstm_status trainer_refine(struct trainer *trainer, const struct refine_options *options,
                                const struct augment_options *augment) {
    return refine_create(&trainer->refinement, trainer->network, options, augment,
                         trainer->options.seed, trainer->options.batch);
}

int trainer_batches(const struct trainer *trainer) {
    int size = trainer->options.batch;
    return trainer->dataset->count / size + (trainer->dataset->count % size != 0);
}

/* The order depends on seed and epoch alone, so that training can go on from any epoch. Fisher and
 * Yates 1938, Durstenfeld 1964. */
static void shuffle(struct trainer *trainer) {
    uint32_t count = (uint32_t)trainer->dataset->count;
    struct rng rng =
        rng_seed(((uint64_t)trainer->options.seed << 32) + (uint64_t)trainer->epoch + 1);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t j = rng_below(&rng, i + 1);
        trainer->order[i] = trainer->order[j];
        trainer->order[j] = i;
    }
    trainer->shuffled_epoch = trainer->epoch;
}

static float learning_rate(const struct trainer *trainer) {
    const struct trainer_options *options = &trainer->options;
    double batches = (double)trainer_batches(trainer);
    double done = ((double)trainer->epoch + (double)trainer->batch / batches) / options->epochs;
    double warm_up = (double)trainer->refinement.options.warm_up;
    return (float)((double)options->learning_rate *
                   schedule_factor(options->schedule, warm_up, done));
}

static enum lstm_status train_batch(struct trainer *trainer) {
    const struct trainer_options *options = &trainer->options;
    int first = trainer->batch * options->batch;
    int rest = trainer->dataset->count - first;
    struct batch batch = {.network = trainer->network,
                          .dataset = trainer->dataset,
                          .order = trainer->order + first,
                          .has_loss = 1,
                          .rows = rest < options->batch ? rest : options->batch,
                          .loss = options->loss,
                          .refinement = &trainer->refinement,
                          .scratch = trainer->scratch,
                          .backward = 1};
    trainer->refinement.epoch = (uint32_t)trainer->epoch;
    struct tally tally = {0.0, 0};
    enum lstm_status status = batch_run(&batch, &tally);
    if (status != LSTM_OK) {
        return status;
    }
    struct adam_options adam = {learning_rate(trainer), options->beta1,
                                options->beta2,         options->epsilon,
                                options->clip_norm,     trainer->refinement.options.weight_decay};
    if (!isfinite(tally.loss) || !adam_step(trainer->network, &adam)) {
        return LSTM_DIVERGED;
    }
    refine_average(&trainer->refinement, trainer->network);
    trainer->loss_sum += tally.loss;
    trainer->correct += tally.correct;
    trainer->seen += batch.rows;
    return LSTM_OK;
}

static enum lstm_status run_batches(struct trainer *trainer, int batches) {
    int per_epoch = trainer_batches(trainer);
    for (int i = 0; i < batches && trainer->epoch < trainer->options.epochs; i++) {
        if (trainer->shuffled_epoch != trainer->epoch) {
            shuffle(trainer);
        }
        if (trainer->batch == 0) {
            trainer->loss_sum = 0.0;
            trainer->seen = trainer->correct = 0;
        }
        enum lstm_status status = train_batch(trainer);
        if (status != LSTM_OK) {
            return status;
        }
        if (++trainer->batch == per_epoch) {
            trainer->batch = 0;
            trainer->epoch++;
            break;
        }
    }
    return LSTM_OK;
}

enum lstm_status trainer_run(struct trainer *trainer, int batches) {
    refine_show_average(&trainer->refinement, trainer->network, 0);
    enum lstm_status status = run_batches(trainer, batches);
    refine_show_average(&trainer->refinement, trainer->network, 1);
    return status;
}

/* ---- evaluation, gradients, prediction ---- */

enum lstm_status trainer_evaluate(struct network *network, const struct dataset *dataset,
                                  enum loss loss, int first, int count, struct tally *tally,
                                  int32_t *predictions) {
    if (!trainer_fits(network, dataset)) {
        return LSTM_BAD_CONFIG;
    }
    if (first < 0 || count < 1 || count > dataset->count - first) {
        return LSTM_BAD_ARGUMENT;
    }
    float *scratch = malloc(batch_scratch_floats(network) * sizeof(float));
    if (!scratch) {
        return LSTM_OUT_OF_MEMORY;
    }
    enum lstm_status status = LSTM_OK;
    for (int done = 0; done < count && status == LSTM_OK;) {
        int rest = count - done;
        struct batch batch = {.network = network,
                              .dataset = dataset,
                              .first = first + done,
                              .rows = rest < network->config.batch ? rest : network->config.batch,
                              .has_loss = 1,
                              .predictions = predictions ? predictions + done : NULL,
                              .loss = loss,
                              .scratch = scratch,
                              .answers_only = network->type->is_recurrent};
        status = batch_run(&batch, tally);
        done += batch.rows;
    }
    free(scratch);
    return status;
}

enum lstm_status trainer_gradients(struct network *network, const struct dataset *dataset,
                                   enum loss loss, struct tally *tally) {
    if (!trainer_fits(network, dataset)) {
        return LSTM_BAD_CONFIG;
    }
    if (dataset->count < 1 || dataset->count > network->config.batch) {
        return LSTM_BAD_ARGUMENT;
    }
    float *scratch = malloc(batch_scratch_floats(network) * sizeof(float));
    if (!scratch) {
        return LSTM_OUT_OF_MEMORY;
    }
    struct batch batch = {.network = network,
                          .dataset = dataset,
                          .has_loss = 1,
                          .rows = dataset->count,
                          .loss = loss,
                          .scratch = scratch,
                          .backward = 1};
    enum lstm_status status = batch_run(&batch, tally);
    free(scratch);
    return status;
}

/* out: row `row` of quads, `columns` floats. */
static void unpack(float *out, const float *quads, int row, int rows, int columns) {
    for (int i = 0; i < columns; i++) {
        out[i] = quads[(i / 4 * rows + row) * 4 + i % 4];
    }
}

static void predict_row(const struct network *network, const struct shard *shard, int row,
                        int count, const struct predict_outputs *out) {
    const struct network_config *config = &network->config;
    size_t at = (size_t)shard->first + (size_t)row;
    size_t h = (size_t)config->hidden, classes = (size_t)config->classes;
    const float *logits = network_logits(network, shard);
    if (out->logits) {
        unpack(out->logits + at * classes, logits, row, shard->rows, config->classes);
    }
    if (out->probabilities) {
        loss_softmax(out->probabilities + at * classes, logits, row, shard->rows, config->classes);
    }
    for (int t = 0; out->hidden && t < network->steps; t++) {
        unpack(out->hidden + (at * (size_t)network->steps + (size_t)t) * h,
               network_hidden(network, shard, config->layers - 1, t), row, shard->rows,
               config->hidden);
    }
    for (int l = 0; l < config->layers; l++) {
        size_t final = ((size_t)l * (size_t)count + at) * h;
        if (out->final_hidden) {
            unpack(out->final_hidden + final, network_hidden(network, shard, l, network->steps - 1),
                   row, shard->rows, config->hidden);
        }
        if (out->final_cell && network->type->has_cell_state) {
            unpack(out->final_cell + final,
                   network_cell_state(network, shard, l, network->steps - 1), row, shard->rows,
                   config->hidden);
        } else if (out->final_cell) {
            memset(out->final_cell + final, 0, h * sizeof(float));
        }
    }
}

enum lstm_status trainer_predict(struct network *network, const struct dataset *dataset,
                                 const struct predict_outputs *outputs) {
    if (!trainer_fits(network, dataset)) {
        return LSTM_BAD_CONFIG;
    }
    if (dataset->count < 1 || dataset->count > network->config.batch) {
        return LSTM_BAD_ARGUMENT;
    }
    int is_more_wanted = outputs->hidden || outputs->final_hidden || outputs->final_cell;
    struct batch batch = {.network = network,
                          .dataset = dataset,
                          .rows = dataset->count,
                          .answers_only = network->type->is_recurrent && !is_more_wanted};
    struct tally none = {0.0, 0};
    enum lstm_status status = batch_run(&batch, &none);
    int shards = status == LSTM_OK ? network_shards(batch.shards, batch.rows) : 0;
    for (int s = 0; s < shards; s++) {
        for (int row = 0; row < batch.shards[s].rows; row++) {
            predict_row(network, &batch.shards[s], row, batch.rows, outputs);
        }
    }
    return status;
}
