#define _POSIX_C_SOURCE 199309L /* clock_gettime */
#include "parallel.h"

#ifndef LSTM_THREADS

enum lstm_status pool_create(struct pool **pool, int threads) {
    (void)pool;
    (void)threads;
    return LSTM_BAD_ARGUMENT;
}

void pool_destroy(struct pool *pool) {
    (void)pool;
}

enum lstm_status parallel_for(struct pool *pool, int count, parallel_fn *fn, void *context) {
    (void)pool;
    for (int i = 0; i < count; i++) {
        fn(context, i);
    }
    return LSTM_OK;
}

#else

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

/* A worker looks so many times for new work before it sleeps: about 0.1 ms, longer than the gaps
 * within a training step, and waking from sleep costs 30 times a look. */
enum { SPINS = 30000 };

/* A shard that takes longer than this many times the caller's longest, and than the floor, is lost. */
static const double LOST_FACTOR = 100.0;
static const double LOST_FLOOR_SECONDS = 5.0;
static const double LONGEST_LOOK_SECONDS = 0.1;

struct pool {
    /* The job's number in the upper half, the next shard to take in the lower: a thread takes a shard
     * only with both at once, so one that comes late never takes another job's. */
    _Atomic uint64_t ticket;
    _Atomic int finished; /* shards of this job */
    _Atomic int sleepers;
    _Atomic int quit;
    _Atomic(parallel_fn *) fn;
    _Atomic(void *) context;
    _Atomic int count;
    int lost;
    int threads;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    pthread_t thread[POOL_MAX_THREADS - 1];
};

static uint32_t job_of(uint64_t ticket) {
    return (uint32_t)(ticket >> 32);
}

/* Takes and runs shards of a job until none is left. */
static void work(struct pool *pool, uint32_t job) {
    parallel_fn *fn = atomic_load(&pool->fn);
    void *context = atomic_load(&pool->context);
    int count = atomic_load(&pool->count);
    uint64_t ticket = atomic_load(&pool->ticket);
    while (job_of(ticket) == job && (int)(uint32_t)ticket < count) {
        if (atomic_compare_exchange_weak(&pool->ticket, &ticket, ticket + 1)) {
            fn(context, (int)(uint32_t)ticket);
            atomic_fetch_add(&pool->finished, 1);
            ticket = atomic_load(&pool->ticket);
        }
    }
}

static int has_work(struct pool *pool, uint32_t seen) {
    return job_of(atomic_load(&pool->ticket)) != seen || atomic_load(&pool->quit);
}

static void *worker(void *argument) {
    struct pool *pool = argument;
    uint32_t seen = 0;
    while (!atomic_load(&pool->quit)) {
        for (int i = 0; i < SPINS && !has_work(pool, seen); i++) {
        }
        if (!has_work(pool, seen)) {
            pthread_mutex_lock(&pool->mutex);
            atomic_fetch_add(&pool->sleepers, 1);
            while (!has_work(pool, seen)) {
                pthread_cond_wait(&pool->wake, &pool->mutex);
            }
            atomic_fetch_sub(&pool->sleepers, 1);
            pthread_mutex_unlock(&pool->mutex);
        }
        seen = job_of(atomic_load(&pool->ticket));
        work(pool, seen);
    }
    return NULL;
}

/* After a change that sleepers wait for: they count themselves before they look a last time. */
static void wake_sleepers(struct pool *pool) {
    if (atomic_load(&pool->sleepers) > 0) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->mutex);
    }
}

enum lstm_status pool_create(struct pool **pool, int threads) {
    if (threads < 2 || threads > POOL_MAX_THREADS) {
        return LSTM_BAD_CONFIG;
    }
    struct pool *made = calloc(1, sizeof *made);
    if (!made) {
        return LSTM_OUT_OF_MEMORY;
    }
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->wake, NULL);
    made->threads = 1;
    for (; made->threads < threads; made->threads++) {
        if (pthread_create(&made->thread[made->threads - 1], NULL, worker, made) != 0) {
            pool_destroy(made);
            return LSTM_OUT_OF_MEMORY;
        }
    }
    *pool = made;
    return LSTM_OK;
}

void pool_destroy(struct pool *pool) {
    if (!pool) {
        return;
    }
    atomic_store(&pool->quit, 1);
    wake_sleepers(pool);
    if (pool->lost) {
        return; /* a thread may still look at it */
    }
    for (int i = 0; i < pool->threads - 1; i++) {
        pthread_join(pool->thread[i], NULL);
    }
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Waits for the shards that other threads took; `own` is how long the caller's own took. */
static int wait_for_others(struct pool *pool, int count, double own) {
    double patience =
        own * LOST_FACTOR > LOST_FLOOR_SECONDS ? own * LOST_FACTOR : LOST_FLOOR_SECONDS;
    double waited = 0.0, last = seconds();
    for (uint32_t i = 1; atomic_load(&pool->finished) < count; i++) {
        if (i % SPINS == 0) {
            double now = seconds();
            /* A pause of the whole process, by sleep or a debugger, counts for little. */
            waited += now - last < LONGEST_LOOK_SECONDS ? now - last : LONGEST_LOOK_SECONDS;
            last = now;
            if (waited > patience) {
                return 0;
            }
        }
    }
    return 1;
}

enum lstm_status parallel_for(struct pool *pool, int count, parallel_fn *fn, void *context) {
    if (!pool || count == 1) {
        for (int i = 0; i < count; i++) {
            fn(context, i);
        }
        return LSTM_OK;
    }
    if (pool->lost) {
        return LSTM_WORKER_LOST;
    }
    double start = seconds();
    uint32_t last = job_of(atomic_load(&pool->ticket)), job = last + 1;
    /* Late threads of the last job must find nothing to take while the new one is written down. */
    atomic_store(&pool->ticket, ((uint64_t)last << 32) | INT32_MAX);
    atomic_store(&pool->finished, 0);
    atomic_store(&pool->fn, fn);
    atomic_store(&pool->context, context);
    atomic_store(&pool->count, count);
    atomic_store(&pool->ticket, (uint64_t)job << 32);
    wake_sleepers(pool);
    work(pool, job);
    if (!wait_for_others(pool, count, seconds() - start)) {
        pool->lost = 1;
        return LSTM_WORKER_LOST;
    }
    return LSTM_OK;
}

#endif
