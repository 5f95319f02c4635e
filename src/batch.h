/* One batch through the network, shard by shard, on its threads: forward, loss and, in training, back. */
#ifndef LSTM_BATCH_H
#define LSTM_BATCH_H

#include <stdint.h>

#include "dataset.h"
#include "loss.h"
#include "network.h"
#include "refine.h"
#include "status.h"

/* What batches add up. */
struct tally {
    double loss; /* sum */
    int correct;
};

/* A batch: sequences of the dataset from `first` on or, in training, order[0], order[1], ... */
struct batch {
    struct network *network;
    const struct dataset *dataset;
    uint32_t *order;      /* NULL: from `first` on. Each shard sorts its own part */
    int32_t *predictions; /* of the batch; NULL: none wanted */
    int first, rows;
    int has_loss; /* that is wanted */
    enum loss loss;
    struct refinement *refinement; /* of a training; else NULL */
    float *scratch;                /* for the losses: batch_scratch_floats */
    int backward;
    int answers_only; /* of a recurrent network: nothing else is wanted, see infer.h */
    /* batch_run's own */
    struct shard shards[NETWORK_MAX_SHARDS];
    struct tally tallies[NETWORK_MAX_SHARDS];
};

/* 2 C floats a shard. */
static inline size_t batch_scratch_floats(const struct network *network) {
    return 2 * NETWORK_MAX_SHARDS * (size_t)network->config.classes;
}

/* Runs it; adds to *sum, where a loss is wanted, what its shards tally, in their order. LSTM_WORKER_LOST. */
enum lstm_status batch_run(struct batch *batch, struct tally *sum);

/* Puts a shard of a batch, which starts with sequence `first` of the dataset, through the network. */
void batch_read(const struct network *network, const struct shard *shard,
                const struct dataset *dataset, int first);

#endif
