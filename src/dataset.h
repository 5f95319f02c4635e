/* Sequences and their labels in memory. Knows no network. */
#ifndef LSTM_DATASET_H
#define LSTM_DATASET_H

#include <stdint.h>

#include "status.h"

/* The label of a sequence that belongs to no class: to be answered with all classes alike. */
enum { DATASET_NO_CLASS = -1 };

/* count sequences of steps x inputs numbers, row by row: bytes (pixels, 0..255 stands for 0..1) or
 * floats. Does not own its arrays where a caller has set the pointers to arrays of its own. */
struct dataset {
    const void *values;
    const int32_t *labels; /* NULL where none are needed */
    int is_float;
    int count, steps, inputs;
};

/* Creates a dataset with room for `count` sequences, in one block: the caller fills its values and
 * labels, then calls dataset_check. LSTM_BAD_CONFIG, LSTM_OUT_OF_MEMORY. */
enum lstm_status dataset_create(struct dataset **dataset, int count, int steps, int inputs,
                                int is_float);
void dataset_destroy(struct dataset *dataset);

/* LSTM_BAD_LABEL or LSTM_NOT_FINITE, with *position the first sequence at fault. */
enum lstm_status dataset_check(const struct dataset *dataset, int classes, int *position);

/* How many steps a sequence begins with in which all values are zero, counted up to `most`. */
int dataset_blank_steps(const struct dataset *dataset, int sequence, int most);

/* A sequence on its way into a batch. */
struct dataset_row {
    uint32_t sequence;
    uint32_t place; /* where it is read from: the sequence itself, or its distorted picture */
    int blank;      /* steps that it begins with in which all values are zero */
};

/* Sorts `count` rows by `blank`; equals keep their order. */
void dataset_sort(struct dataset_row *rows, int count);

/* out = step t of `rows` sequences, as quads (kernels.h), rows x inputs, the columns up to the next
 * multiple of four zero. index: which sequences; NULL: first, first + 1, ... */
void dataset_gather(float *out, const struct dataset *dataset, const uint32_t *index, int first,
                    int rows, int t);

/* out = sequence `index`, row by row: steps x inputs floats. */
void dataset_sequence(float *out, const struct dataset *dataset, uint32_t index);

#endif
