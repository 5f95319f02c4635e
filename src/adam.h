/* The optimiser: one flat loop over all parameters. */
#ifndef LSTM_ADAM_H
#define LSTM_ADAM_H

#include "network.h"

struct adam_options {
    float learning_rate, beta1, beta2, epsilon;
    float clip_norm;    /* gradients are scaled down to this global norm; 0 = no clipping */
    float weight_decay; /* decoupled (Loshchilov and Hutter 2019): p -= rate decay p; 0 = none */
};

/* One step of Adam (Kingma and Ba 2015, algorithm 1, with bias correction) on the network's gradients.
 * Returns 0, and changes nothing, when a gradient is not finite. */
int adam_step(struct network *network, const struct adam_options *options);

#endif
