/* What a recipe may add to plain training so that a network reads better what it has not seen: distorted
 * pictures, dropout, smoothed labels, averaged weights. All of it is off in evaluation. */
#ifndef LSTM_REFINE_H
#define LSTM_REFINE_H

#include <stdint.h>

#include "augment.h"
#include "dataset.h"
#include "dropout.h"
#include "network.h"

/* 0 = off, for each. Only floats: web/lib writes them one after the other. */
struct refine_options {
    float label_smoothing; /* loss.h; 0 to less than 1 */
    float dropout;         /* between layers (dropout.h), 0 to less than 1 */
    float output_dropout;  /* before the output layer, 0 to less than 1 */
    float weight_decay;    /* decoupled (adam.h), at least 0 */
    float averaging;       /* decay a step of the weights' moving average, 0 to less than 1 */
    float warm_up;         /* schedule.h; 0 to less than 1 */
};

struct refinement {
    struct refine_options options;
    struct augment_options augment; /* share = 0: none */
    uint32_t seed, epoch;           /* epoch: that of the batch in training */
    struct dropout dropout[NETWORK_MAX_SHARDS];
    float *masks;    /* NULL: no dropout */
    float *pictures; /* distorted, of a batch's rows; NULL: no augmentation */
    float *work;     /* for it: work_floats a shard */
    size_t work_floats;
    float *average;    /* the weights that the network does not hold just now; NULL: no averaging */
    double averaged;   /* steps in the average */
    int shows_average; /* the network holds the average, `average` the weights in training */
};

/* Allocates what the options need in a training with batches of `batch` rows; augment may be NULL.
 * LSTM_BAD_CONFIG (and nothing has changed), LSTM_OUT_OF_MEMORY. */
enum lstm_status refine_create(struct refinement *refinement, const struct network *network,
                               const struct refine_options *options,
                               const struct augment_options *augment, uint32_t seed, int batch);
void refine_destroy(struct refinement *refinement);

/* For each batch, before its shards run: gives the shards their masks' memory. */
void refine_begin(struct refinement *refinement, const struct network *network,
                  struct shard *shards, int count);

/* On the shard's thread, for its rows. What is drawn depends on seed, epoch and the sequence alone. */

/* *pictures = the distorted pictures of these sequences of the dataset, one after the other, until the next batch.
 * Returns 0 where pictures are not distorted. */
int refine_distort(const struct refinement *refinement, const struct shard *shard,
                   const struct dataset *dataset, const uint32_t *sequences,
                   struct dataset *pictures);

/* Draws the masks of rows that are these sequences, where there is dropout. */
void refine_drop(const struct refinement *refinement, const struct shard *shard,
                 const uint32_t *sequences);

/* After each step: the exponential moving average of the weights (Polyak and Juditsky 1992; decay
 * min(averaging, (1 + t) / (10 + t)) as TensorFlow's, so that the first steps are soon forgotten). */
void refine_average(struct refinement *refinement, const struct network *network);

/* Puts the averaged weights (1) or those in training (0) into the network. Between calls of
 * trainer_run it holds the average: that is what is evaluated and saved. */
void refine_show_average(struct refinement *refinement, const struct network *network, int show);

#endif
