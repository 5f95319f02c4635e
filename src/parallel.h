/* Runs a function over shards, on threads where the build has them (LSTM_THREADS), in a loop elsewhere.
 * The shards never depend on the number of threads and results are reduced in the shards' order, so any
 * number of threads gives the same bits. */
#ifndef LSTM_PARALLEL_H
#define LSTM_PARALLEL_H

#include "status.h"

/* Threads that wait for work: they spin for a moment, then sleep. NULL stands for no threads. */
struct pool;

enum { POOL_MAX_THREADS = 4 };

typedef void parallel_fn(void *context, int shard);

/* A pool of `threads` (2 to POOL_MAX_THREADS), the calling one included. LSTM_BAD_CONFIG,
 * LSTM_OUT_OF_MEMORY, LSTM_BAD_ARGUMENT when the build has no threads. */
enum lstm_status pool_create(struct pool **pool, int threads);

/* Ends the threads and frees the pool; one that was lost (below) leaks what it holds. */
void pool_destroy(struct pool *pool);

/* Calls fn(context, i) for each i in 0..count-1, each once; returns when all have returned.
 * LSTM_WORKER_LOST: a thread took a shard and did not finish it in a time in which it should have done
 * so many times over. What fn writes to is then unfinished, and the pool is of no more use. */
enum lstm_status parallel_for(struct pool *pool, int count, parallel_fn *fn, void *context);

#endif
