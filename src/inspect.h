/* What goes on inside: activations row by row, and where the gradient goes. */
#ifndef LSTM_INSPECT_H
#define LSTM_INSPECT_H

#include "dataset.h"
#include "loss.h"
#include "network.h"
#include "status.h"

/* Reads the dataset's one sequence. signals: [L][S][network->steps][H], the S signals of the cell's type;
 * probabilities: [network->steps][C], the answer if the reading stopped there. LSTM_BAD_CONFIG when network
 * and dataset do not fit together, LSTM_BAD_ARGUMENT when it has more than one sequence. */
enum lstm_status inspect_trace(struct network *network, const struct dataset *dataset,
                               float *signals, float *probabilities);

/* Adds to *flow, for each sequence of the dataset (1 to B), the norms of the gradients of its own loss, and
 * to *loss the losses. LSTM_BAD_CONFIG, LSTM_BAD_ARGUMENT, LSTM_OUT_OF_MEMORY. */
enum lstm_status inspect_gradient_flow(struct network *network, const struct dataset *dataset,
                                       enum loss kind, const struct gradient_flow *flow,
                                       double *loss);

#endif
