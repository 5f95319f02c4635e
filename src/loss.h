/* The losses, in nats, and their gradients. */
#ifndef LSTM_LOSS_H
#define LSTM_LOSS_H

#include <stdint.h>

enum loss {
    /* L = -log softmax(z)[y]; dL/dz = softmax(z) - onehot(y). */
    LOSS_CROSS_ENTROPY = 0,
    /* The tutorial's: softmax cross-entropy on the softmax's output, p = softmax(z),
     * L = -log softmax(p)[y]; with q = softmax(p) - onehot(y), dL/dz = p (q - sum q p). As p lies in
     * [0, 1], L cannot fall below log(e + C - 1) - 1, 1.4612 nats for ten classes. */
    LOSS_DOUBLE_SOFTMAX = 1,
    LOSS_KINDS = 2,
};

/* Softmax of row `row` of logits (quads, rows x at least `classes`) into p[classes]. */
void loss_softmax(float *p, const float *logits, int row, int rows, int classes);

/* For each row: the loss, and in place of its logits `scale` times their gradient. Adds the losses to
 * *sum and the rows whose greatest logit is their label's to *correct. labels: rows values in
 * 0..classes-1, or DATASET_NO_CLASS, whose target is all classes alike (outlier exposure, Hendrycks et al. 2019).
 * probabilities: room for 2 x classes floats. smoothing: that share of onehot(y) is spread
 * evenly over all classes (label smoothing, Szegedy et al. 2016); 0 to less than 1. */
void loss_gradient(float *logits, double *sum, int *correct, float *probabilities,
                   const int32_t *labels, enum loss kind, float smoothing, float scale, int rows,
                   int classes);

#endif
