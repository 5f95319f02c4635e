/* Minibatch training in slices, evaluation and prediction: what joins data and network. */
#ifndef LSTM_TRAINER_H
#define LSTM_TRAINER_H

#include <stdint.h>

#include "batch.h"
#include "dataset.h"
#include "loss.h"
#include "network.h"
#include "refine.h"
#include "schedule.h"
#include "status.h"

struct trainer_options {
    int batch;  /* 1 to the network's batch; an epoch's last batch may be smaller */
    int epochs; /* at least 1 */
    enum loss loss;
    enum schedule schedule;
    float learning_rate;         /* > 0 */
    float beta1, beta2, epsilon; /* Adam's: [0, 1), [0, 1), > 0 */
    float clip_norm;             /* global-norm clipping (Pascanu et al. 2013); 0 = none */
    uint32_t seed;               /* of the order of the sequences, drawn anew for each epoch */
};

struct trainer {
    struct network *network;
    const struct dataset *dataset;
    struct trainer_options options;
    struct refinement refinement;
    int epoch, batch;   /* the next batch's, from 0; epoch = options.epochs when all is done */
    int shuffled_epoch; /* the epoch that `order` belongs to, -1 = none */
    double loss_sum;    /* of this epoch's sequences so far */
    int seen, correct;
    float *scratch;
    uint32_t order[]; /* dataset->count */
};

/* LSTM_BAD_CONFIG when an option is out of range or data and network do not fit together,
 * LSTM_OUT_OF_MEMORY. The dataset has been checked. */
enum lstm_status trainer_create(struct trainer **trainer, struct network *network,
                                const struct dataset *dataset,
                                const struct trainer_options *options);
void trainer_destroy(struct trainer *trainer);

/* Adds to plain training (refine.h), before its first batch; augment may be NULL. LSTM_BAD_CONFIG,
 * LSTM_OUT_OF_MEMORY: the trainer is as it was. */
enum lstm_status trainer_refine(struct trainer *trainer, const struct refine_options *options,
                                const struct augment_options *augment);
int trainer_batches(const struct trainer *trainer); /* an epoch's */

/* Trains at most `batches` batches, stopping at the end of an epoch; the epoch's sums start anew with
 * its first batch. LSTM_DIVERGED: a batch's loss or gradient was not a number; its step was not taken. */
enum lstm_status trainer_run(struct trainer *trainer, int batches);

/* Whether the dataset's sequences are of the size that the network reads. */
int trainer_fits(const struct network *network, const struct dataset *dataset);

/* Adds up the loss and the right answers of `count` sequences from `first` on; predictions (count
 * classes) may be NULL. LSTM_BAD_CONFIG, LSTM_BAD_ARGUMENT. */
enum lstm_status trainer_evaluate(struct network *network, const struct dataset *dataset,
                                  enum loss loss, int first, int count, struct tally *tally,
                                  int32_t *predictions);

/* The gradients of the mean loss over the whole dataset (1 to B sequences), left in the network's
 * gradient array. */
enum lstm_status trainer_gradients(struct network *network, const struct dataset *dataset,
                                   enum loss loss, struct tally *tally);

/* Reads the whole dataset (1 to B sequences). Each output may be NULL: logits and probabilities [B][C],
 * hidden [B][network->steps][H] of the last layer, final_hidden and final_cell (where the cell has a cell
 * state) [L][B][H]. */
struct predict_outputs {
    float *logits, *probabilities, *hidden, *final_hidden, *final_cell;
};
enum lstm_status trainer_predict(struct network *network, const struct dataset *dataset,
                                 const struct predict_outputs *outputs);

#endif
