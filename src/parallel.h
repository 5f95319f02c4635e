/* Runs a function over shards. The shards never depend on the number of threads and results are
 * reduced in the shards' order, so any number of threads gives the same bits. */
#ifndef LSTM_PARALLEL_H
#define LSTM_PARALLEL_H

typedef void parallel_fn(void *context, int shard);

/* Calls fn(context, i) for each i in 0..count-1; returns when all have returned. */
void parallel_for(int count, parallel_fn *fn, void *context);

#endif
