/* Where a shard's activations lie, for the passes that work on them: forward.c, backward.c, infer.c. Arrays are
 * in quads (kernels/kernels.h) of the shard's rows; l is the layer, t the step. */
#ifndef LSTM_SHARDS_H
#define LSTM_SHARDS_H

#include "network.h"

/* [x_t; h_{t-1}], t up to net->steps: there only h is. */
float *shard_xh(const struct network *net, const struct shard *shard, int l, int t);

float *shard_gates(const struct network *net, const struct shard *shard, int l, int t);

/* c after step t; t = -1 is the zero state before the first. NULL: the cell has none. */
float *shard_c(const struct network *net, const struct shard *shard, int l, int t);
float *shard_tanh_c(const struct network *net, const struct shard *shard, int l, int t);

/* h after step t; t = -1 is the zero state before the first. */
float *shard_h(const struct network *net, const struct shard *shard, int l, int t);

/* dL/dh and dL/dc of one step; dL/dc NULL: the cell has none. */
float *shard_dh(const struct network *net, const struct shard *shard, int l);
float *shard_dc(const struct network *net, const struct shard *shard, int l);

/* dL/dx of one step, of the first layer. */
float *shard_dx(const struct network *net, const struct shard *shard);

/* What the output layer reads after step t: h, or what dropout left of it. */
const float *shard_answer(const struct network *net, const struct shard *shard, int t);

/* How many rows each step of a layer makes (`made` of struct network). NULL: all make every step, since each has inputs
 * of its own from the start. */
const int *shard_rows_made(const struct network *net, const struct shard *shard, int l);

/* A layer's parameters, and a step of it, for the functions of its cell's type. */
struct cell network_cell(const struct network *net, int l);
struct cell_step shard_step(const struct network *net, const struct shard *shard, int l, int t);

#endif
