/* What the native tests share: a check that counts and goes on, memory, a hash; and the tests of other files. */
#ifndef TESTS_NATIVE_CHECK_H
#define TESTS_NATIVE_CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lstm.h"

extern int checks, failures;

#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        checks++;                                                                                  \
        if (!(condition)) {                                                                        \
            failures++;                                                                            \
            printf("%s:%d: %s: ", __FILE__, __LINE__, #condition);                                 \
            printf(__VA_ARGS__);                                                                   \
            printf("\n");                                                                          \
        }                                                                                          \
    } while (0)

/* Zeros; ends the program where there is no memory. */
static inline void *allocate(size_t bytes) {
    void *p = calloc(bytes ? bytes : 1, 1);
    if (!p) {
        abort();
    }
    return p;
}

/* FNV-1a, going on from `hash` (0x811c9dc5 to begin with). */
static inline uint32_t fnv(uint32_t hash, const void *data, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        hash = (hash ^ ((const uint8_t *)data)[i]) * 0x01000193U;
    }
    return hash;
}

struct shape {
    int inputs, steps, hidden, layers, classes, batch;
};

/* core.c: a network, ended where it can't be made; and random sequences with labels. */
struct network *create(const struct shape *s, struct pool *pool);
struct dataset *random_dataset(const struct shape *s, int count);

void test_threads(void);
void test_lost_thread(void);
void test_drawings(void);
void test_distortions(void);

#endif
