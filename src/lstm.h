/* The exported functions: what JavaScript (web/lib) or a C program calls. Arguments are checked here
 * and below; every call that can fail returns an enum lstm_status (status.h), and then has changed
 * nothing (lstm_trainer_run: but for the batches before the one that failed; lstm_evaluate: but for
 * its outputs). Arrays are plain, row by row; no pointer that is passed in is kept, except the dataset's and
 * the network's by a trainer. exports.txt names what the module exports. */
#ifndef LSTM_H
#define LSTM_H

#include <stdint.h>

#include "dataset.h"
#include "image.h"
#include "inspect.h"
#include "network.h"
#include "parallel.h"
#include "trainer.h"

/* Bytes that lstm_network_create would take; 0 for a bad configuration. cell: enum cell_kind, activation:
 * enum kernel_activation, sizes as in struct network_config. */
double lstm_network_bytes(int cell, int activation, int inputs, int steps, int hidden, int layers,
                          int classes, int batch);

/* See parallel.h. Networks that run on a pool go before it. */
int lstm_pool_create(struct pool **pool, int threads);
void lstm_pool_destroy(struct pool *pool);

/* Creates a network that runs on the pool (NULL: on the calling thread alone) and initialises it from
 * the seed (0 to 2^32 - 1). */
int lstm_network_create(struct network **network, struct pool *pool, int cell, int activation,
                        int inputs, int steps, int hidden, int layers, int classes, int batch,
                        float forget_bias, uint32_t seed);
void lstm_network_destroy(struct network *network);

/* The parameter table: tensor i of lstm_tensor_count; its name and sizes (columns = 1: a vector). */
int lstm_tensor_count(const struct network *network);
const char *lstm_tensor_name(const struct network *network, int tensor);
int lstm_tensor_rows(const struct network *network, int tensor);
int lstm_tensor_columns(const struct network *network, int tensor);

/* Copies a whole tensor out of or into one of the arrays (enum network_array), rows x columns
 * floats. Writing refuses what is not finite: LSTM_NOT_FINITE. */
int lstm_tensor_read(struct network *network, int array, int tensor, float *values);
int lstm_tensor_write(struct network *network, int array, int tensor, const float *values);

/* Clears Adam's moments: no steps taken. */
void lstm_reset_adam(struct network *network);

/* From now on lstm_predict, where it leaves no states, and lstm_evaluate read with weights in 8 bits (quantise.h), or
 * with floats again. LSTM_BAD_CONFIG: not an LSTM. */
int lstm_quantise(struct network *network, int on);

/* See dataset.h; the caller fills values and labels and calls lstm_dataset_check before use. */
int lstm_dataset_create(struct dataset **dataset, int count, int steps, int inputs, int is_float);
void lstm_dataset_destroy(struct dataset *dataset);
void *lstm_dataset_values(struct dataset *dataset);
int32_t *lstm_dataset_labels(struct dataset *dataset);
/* *position: the first sequence at fault. */
int lstm_dataset_check(const struct dataset *dataset, int classes, int *position);

/* See struct trainer_options. The dataset has been checked with the network's classes. */
int lstm_trainer_create(struct trainer **trainer, struct network *network,
                        const struct dataset *dataset, int batch, int epochs, int loss,
                        int schedule, float learning_rate, float beta1, float beta2, float epsilon,
                        float clip_norm, uint32_t seed);
/* See refine.h. Before the first run; augment may be NULL. */
int lstm_trainer_refine(struct trainer *trainer, const struct refine_options *options,
                        const struct augment_options *augment);
void lstm_trainer_destroy(struct trainer *trainer);
int lstm_trainer_run(struct trainer *trainer, int batches);

/* report[0..5] = epoch and batch to come, batches an epoch; of the epoch so far: sum of the losses,
 * sequences seen, right answers. */
void lstm_trainer_report(const struct trainer *trainer, double report[6]);

/* Where training goes on: epoch and batch to come. LSTM_BAD_ARGUMENT when not within the training. */
int lstm_trainer_seek(struct trainer *trainer, int epoch, int batch);

/* Adds the sum of losses to result[0] and the right answers to result[1]. predictions: count
 * classes, or NULL. */
int lstm_evaluate(struct network *network, const struct dataset *dataset, int loss, int first,
                  int count, double result[2], int32_t *predictions);

/* Gradients of the mean loss over the dataset (at most B sequences), to be read with
 * lstm_tensor_read; result[0] = sum of the losses, result[1] = right answers. */
int lstm_gradients(struct network *network, const struct dataset *dataset, int loss,
                   double result[2]);

/* Reads the dataset (at most B sequences; labels unused). Each output may be NULL; shapes in
 * struct predict_outputs. */
int lstm_predict(struct network *network, const struct dataset *dataset, float *logits,
                 float *probabilities, float *hidden, float *final_hidden, float *final_cell);

/* The cell's signals that lstm_trace tells of: "input", "forget", ...; "" after the last. */
const char *lstm_signal_name(const struct network *network, int signal);

/* See inspect_trace. */
int lstm_trace(struct network *network, const struct dataset *dataset, float *signals,
               float *probabilities);

/* See inspect_gradient_flow: sums over the dataset, which start from 0 here. hidden and cell: [L][steps],
 * input: [T], loss: one number. */
int lstm_gradient_flow(struct network *network, const struct dataset *dataset, int loss_kind,
                       double *hidden, double *cell, double *input, double *loss);

/* Distorts a picture as sequence `sequence` is in epoch `epoch` (from 0) of a training with that seed: see
 * augment.h. */
int lstm_distort(float *picture, int rows, int columns, const struct augment_options *options,
                 uint32_t seed, uint32_t epoch, uint32_t sequence);

/* See image.h. strokes: three numbers each, points (integer), eraser (0 or 1), radius, as
 * struct stroke has them. */
int lstm_read_drawing(uint8_t *digit, int *blank, const float *points, const struct stroke *strokes,
                      int stroke_count, int centre);
int lstm_read_picture(uint8_t *digit, int *blank, const uint8_t *ink, int width, int height,
                      int centre);

#endif
