/* Drawings and distorted pictures, under sanitizers: whatever comes in, nothing is read or written outside. */
#include <math.h>

#include "check.h"
#include "lstm.h"
#include "rng.h"

/* A line of three points and up to 19 dots anywhere, the line in any place among them. */
static void test_dots(struct rng *rng) {
    uint8_t digit[DIGIT_SIDE * DIGIT_SIDE];
    for (int round = 0; round < 200; round++) {
        int dots = round % 20, line = round % (dots + 1), blank = -1;
        float *points = allocate((size_t)(dots + 3) * 2 * sizeof(float));
        struct stroke *strokes = allocate((size_t)(dots + 1) * sizeof(struct stroke));
        for (int i = 0; i < 2 * (dots + 3); i++) {
            points[i] = rng_uniform(rng);
        }
        for (int s = 0; s <= dots; s++) {
            strokes[s] = (struct stroke){s == line ? 3 : 1, 0, 0.03f};
        }
        CHECK(lstm_read_drawing(digit, &blank, points, strokes, dots + 1, 1) == LSTM_OK, "%d dots",
              dots);
        CHECK(blank == 0, "%d dots: blank %d", dots, blank);
        free(points);
        free(strokes);
    }
}

/* Strokes of all sorts, on and far off the canvas; pictures of all shapes. */
void test_drawings(void) {
    struct rng rng = rng_seed(8);
    uint8_t digit[DIGIT_SIDE * DIGIT_SIDE];
    for (int round = 0; round < 300; round++) {
        float points[40], spread = round % 3 == 0 ? 1e6f : round % 3 == 1 ? 1.0f : 1e-6f;
        for (int i = 0; i < 40; i++) {
            points[i] = 0.5f + spread * (rng_uniform(&rng) - 0.5f);
        }
        struct stroke strokes[3] = {{10, 0, 0.03f}, {7, round % 2, 0.1f * spread}, {3, 0, 0.0f}};
        int blank = -1;
        CHECK(lstm_read_drawing(digit, &blank, points, strokes, 3, round % 5 != 0) == LSTM_OK,
              "round %d", round);
        CHECK(blank == 0 || blank == 1, "blank %d", blank);
    }
    test_dots(&rng);
    struct stroke none = {0, 0, 0.1f};
    int blank;
    CHECK(lstm_read_drawing(digit, &blank, NULL, &none, 1, 1) == LSTM_BAD_ARGUMENT, "no points");
    for (int width = 1; width <= 64; width += 9) {
        for (int height = 1; height <= 64; height += 7) {
            uint8_t *ink = allocate((size_t)width * (size_t)height);
            for (int i = 0; i < width * height; i++) {
                ink[i] = (uint8_t)(rng_bits(&rng) & 255);
            }
            CHECK(lstm_read_picture(digit, &blank, ink, width, height, width % 2) == LSTM_OK,
                  "%d x %d", width, height);
            free(ink);
        }
    }
}

/* Pictures of all shapes and with absurd ink; and the bits that tests/augment.test.js finds. */
void test_distortions(void) {
    const struct augment_options options = {0.9f, 15.0f, 0.3f, 0.3f, 1.0f,
                                            1.2f, 7.0f,  0.5f, 2.0f, 1.0f};
    struct augment_options wild = {1.0f, 90.0f, 1.0f, 1.0f, 16.0f, 16.0f, 2.0f, 1.0f, 16.0f, 1.0f};
    float *picture = allocate((size_t)AUGMENT_MAX_SIDE * AUGMENT_MAX_SIDE * sizeof(float));
    uint32_t hash = 0x811c9dc5U;
    for (uint32_t k = 0; k < 50; k++) {
        for (int i = 0; i < 784; i++) {
            picture[i] = i * 7919 % 1009 < 250 ? (float)(i * 31 % 257) / 256.0f : 0.0f;
        }
        CHECK(lstm_distort(picture, 28, 28, &options, 1, 2, k) == LSTM_OK, "sequence %u", k);
        hash = fnv(hash, picture, 784 * sizeof(float));
    }
    CHECK(hash == 3129600275U, "other bits: %u", hash);
    const int sides[] = {1, 2, 3, 28, 61, AUGMENT_MAX_SIDE};
    const float inks[] = {0.0f, 1.0f, -3.0f, 3e38f};
    struct rng rng = rng_seed(4);
    for (uint32_t k = 0; k < 300; k++) {
        int rows = sides[rng_below(&rng, 6)], columns = sides[rng_below(&rng, 6)];
        for (int i = 0; i < rows * columns; i++) {
            picture[i] = rng_bits(&rng) & 1 ? inks[k % 4] : 0.0f;
        }
        wild.smoothness = k % 2 ? 2.0f : 64.0f;
        CHECK(lstm_distort(picture, rows, columns, &wild, 1, 0, k) == LSTM_OK, "picture %u", k);
    }
    wild.rotation = NAN;
    CHECK(lstm_distort(picture, 3, 3, &wild, 1, 0, 0) == LSTM_BAD_CONFIG, "NaN");
    CHECK(lstm_distort(picture, 3, 257, &options, 1, 0, 0) == LSTM_BAD_ARGUMENT, "a side");
    free(picture);
}
