/* Inverted dropout (Srivastava et al. 2014): while training, some of a layer's outputs are zero on their
 * way to the next layer or to the output layer, the others that much greater; h on its way to the next
 * step is left alone (Zaremba et al. 2014). */
#ifndef LSTM_DROPOUT_H
#define LSTM_DROPOUT_H

#include <stddef.h>
#include <stdint.h>

struct dropout_options {
    float between; /* the share of outputs dropped between layers, 0 to less than 1 */
    float output;  /* and before the output layer */
};

/* What a shard of `rows` rows has beside its activations. A mask: quads rows x H (padded), 0 or
 * 1 / (1 - share). */
struct dropout {
    int layers, steps, hidden; /* L, T (network->steps), H padded */
    float *masks;              /* [L - 1][T], then one for the output layer */
    float *output;             /* the last layer's last h, dropped: quads rows x H */
    float *dx;                 /* one step's dL/d(a layer's input): the same */
};

/* Floats that `rows` rows need in all. */
size_t dropout_floats(int layers, int steps, int hidden, int rows);

/* Carves the arrays of `rows` rows from memory (dropout_floats). */
void dropout_carve(struct dropout *dropout, float *memory, int rows);

/* Draws a row's masks. They depend on seed, epoch and the sequence's number in the dataset alone. */
void dropout_draw(const struct dropout *dropout, const struct dropout_options *options,
                  uint32_t seed, uint32_t epoch, uint32_t sequence, int row, int rows);

/* The mask between layer `layer` and the next at step t; of the last layer: before the output layer. */
const float *dropout_mask(const struct dropout *dropout, int layer, int t, int rows);

/* out = x mask, or out += x mask; count floats, a multiple of 4. out may be x. */
void dropout_apply(float *out, const float *x, const float *mask, size_t count);
void dropout_add(float *out, const float *x, const float *mask, size_t count);

#endif
