/* The same weights on one thread and on more; and what happens when a thread is lost within a call. */
#include <pthread.h>
#include <string.h>

#include "check.h"
#include "lstm.h"

/* Two epochs on `threads` threads; weights: all parameters after it. */
static void train_on(int threads, float *weights, size_t floats) {
    struct shape s = {5, 4, 9, 1, 3, 101};
    struct pool *pool = NULL;
    if (threads > 1) {
        CHECK(lstm_pool_create(&pool, threads) == LSTM_OK, "%d threads", threads);
    }
    struct network *network = create(&s, pool);
    struct dataset *dataset = random_dataset(&s, 250);
    struct trainer *trainer = NULL;
    CHECK(lstm_trainer_create(&trainer, network, dataset, 101, 2, LOSS_DOUBLE_SOFTMAX,
                              SCHEDULE_CONSTANT, 0.01f, 0.9f, 0.999f, 1e-8f, 0.0f, 1) == LSTM_OK,
          "trainer");
    CHECK(lstm_trainer_run(trainer, 3) == LSTM_OK, "first epoch");
    CHECK(lstm_trainer_run(trainer, 3) == LSTM_OK, "second epoch");
    CHECK(network->parameter_floats == floats, "%zu parameters", network->parameter_floats);
    memcpy(weights, network->parameters, floats * sizeof(float));
    lstm_trainer_destroy(trainer);
    lstm_dataset_destroy(dataset);
    lstm_network_destroy(network);
    lstm_pool_destroy(pool);
}

void test_threads(void) {
    enum { FLOATS = (8 + 12) * 48 + 48 + 12 * 8 + 8 }; /* padded: I 8, H 12, C 8 */
    float expected[FLOATS], found[FLOATS];
    train_on(1, expected, FLOATS);
    for (int threads = 2; threads <= POOL_MAX_THREADS; threads++) {
        for (int round = 0; round < 5; round++) {
            train_on(threads, found, FLOATS);
            CHECK(memcmp(found, expected, sizeof found) == 0, "%d threads", threads);
        }
    }
    struct pool *pool = NULL;
    CHECK(lstm_pool_create(&pool, 1) == LSTM_BAD_CONFIG, "one thread");
    CHECK(lstm_pool_create(&pool, 5) == LSTM_BAD_CONFIG, "five threads");
}

static _Atomic int taken;
static pthread_t caller;

/* Two shards, each in a thread of its own: the caller waits until the other is taken, whose thread ends
 * in the middle of it. */
static void lose(void *context, int shard) {
    (void)context;
    (void)shard;
    taken++;
    if (!pthread_equal(pthread_self(), caller)) {
        pthread_exit(NULL);
    }
    while (taken < 2) {
    }
}

static void count(void *context, int shard) {
    (void)shard;
    ++*(int *)context;
}

void test_lost_thread(void) {
    static struct pool *pool; /* it is never freed: not a leak that counts */
    int counted = 0;
    caller = pthread_self();
    CHECK(pool_create(&pool, 2) == LSTM_OK, "pool");
    CHECK(parallel_for(pool, 2, lose, NULL) == LSTM_WORKER_LOST, "the loss is not noticed");
    CHECK(parallel_for(pool, 2, count, &counted) == LSTM_WORKER_LOST, "the pool is used again");
    CHECK(counted == 0, "%d shards ran", counted);
    CHECK(parallel_for(NULL, 3, count, &counted) == LSTM_OK && counted == 3, "%d ran", counted);
    pool_destroy(pool);
}
