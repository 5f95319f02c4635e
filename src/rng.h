/* Explicit, seeded random state: the same seed gives the same numbers on every machine.
 * xoshiro128++ (Blackman and Vigna 2021, "Scrambled linear pseudorandom number generators"), its
 * state filled by SplitMix64 (Steele, Lea and Flood 2014) so that close seeds start far apart. */
#ifndef LSTM_RNG_H
#define LSTM_RNG_H

#include <math.h>
#include <stdint.h>

struct rng {
    uint32_t s[4];
};

static inline struct rng rng_seed(uint64_t seed) {
    struct rng rng;
    for (int i = 0; i < 2; i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        z ^= z >> 31;
        rng.s[2 * i] = (uint32_t)z;
        rng.s[2 * i + 1] = (uint32_t)(z >> 32);
    }
    return rng;
}

/* What a stream of random numbers is for. */
enum rng_purpose { RNG_AUGMENT = 1, RNG_DROPOUT = 2 };

/* A stream of its own for each sequence in each epoch of a training, whatever is drawn elsewhere. */
static inline struct rng rng_stream(uint32_t seed, uint32_t epoch, uint32_t sequence,
                                    enum rng_purpose purpose) {
    struct rng rng = rng_seed(((uint64_t)seed << 32) + epoch);
    uint64_t key = ((uint64_t)rng.s[1] << 32) + rng.s[0];
    return rng_seed(key ^ (((uint64_t)purpose << 32) + sequence));
}

static inline uint32_t rng_rotl(uint32_t x, int k) {
    return (x << k) | (x >> (32 - k));
}

/* 32 uniform random bits. */
static inline uint32_t rng_bits(struct rng *rng) {
    uint32_t *s = rng->s;
    uint32_t result = rng_rotl(s[0] + s[3], 7) + s[0];
    uint32_t t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rng_rotl(s[3], 11);
    return result;
}

/* Uniform in [0, 1), a multiple of 2^-24. */
static inline float rng_uniform(struct rng *rng) {
    return (float)(rng_bits(rng) >> 8) * 0x1p-24f;
}

/* Uniform integer in [0, bound), bound >= 1, without modulo bias (rejection). */
static inline uint32_t rng_below(struct rng *rng, uint32_t bound) {
    uint32_t limit = UINT32_MAX - UINT32_MAX % bound;
    uint32_t bits;
    do {
        bits = rng_bits(rng);
    } while (bits >= limit);
    return bits % bound;
}

/* Standard normal, cut off at two standard deviations as TensorFlow's truncated_normal does
 * (values outside are drawn again). Box and Muller 1958. */
static inline float rng_truncated_normal(struct rng *rng) {
    for (;;) {
        double radius = sqrt(-2.0 * log(1.0 - (double)rng_uniform(rng)));
        double z = radius * cos(6.283185307179586 * (double)rng_uniform(rng));
        if (fabs(z) <= 2.0) {
            return (float)z;
        }
    }
}

#endif
