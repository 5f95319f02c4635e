/* Reading for the answer alone. Nothing is left for the way back, so that two steps' activations, in turn, are
 * all that a shard touches, and no row makes the blank steps that its picture begins with: what these do depends
 * on the parameters only, and is known from the first time. The same bits as network_forward's. */
#ifndef LSTM_INFER_H
#define LSTM_INFER_H

#include "dataset.h"
#include "network.h"

/* Makes known what `rows` sequences of the dataset from `first` on need. Once before infer_answers. Recurrent cells
 * only; so infer_answers. */
void infer_prepare(const struct network *network, const struct dataset *dataset, int first,
                   int rows);

/* Reads the sequences from `first` + shard->first on; the logits are at network_logits then. Overwrites what
 * network_forward left. */
void infer_answers(const struct network *network, const struct shard *shard,
                   const struct dataset *dataset, int first);

#endif
