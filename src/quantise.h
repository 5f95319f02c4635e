/* A network's weights in 8 bits, for reading alone (infer.h): a quarter of the memory to be read, and four products an
 * instruction where the processor has it. One scale a column of the kernel and one a row of activations; sums
 * are exact (Jacob et al. 2018, with symmetric weights). Biases, gates, states and the output layer stay floats. */
#ifndef LSTM_QUANTISE_H
#define LSTM_QUANTISE_H

#include "network.h"

/* Cells whose products can be so: the LSTMs, all of whose products are one. */
int quantise_fits(const struct network *network);

/* Makes the 8-bit weights from the parameters as they are now. */
void quantise_weights(const struct network *network);

#endif
