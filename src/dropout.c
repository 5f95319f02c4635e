#include "dropout.h"

#include "rng.h"

static size_t mask_floats(const struct dropout *dropout, int rows) {
    return (size_t)rows * (size_t)dropout->hidden;
}

size_t dropout_floats(int layers, int steps, int hidden, int rows) {
    size_t masks = (size_t)(layers - 1) * (size_t)steps + 1;
    return (masks + 2) * (size_t)hidden * (size_t)rows;
}

void dropout_carve(struct dropout *dropout, float *memory, int rows) {
    size_t size = mask_floats(dropout, rows);
    dropout->masks = memory;
    dropout->output = memory + ((size_t)(dropout->layers - 1) * (size_t)dropout->steps + 1) * size;
    dropout->dx = dropout->output + size;
}

/* One row of a mask. */
static void draw_row(float *mask, struct rng *rng, float share, int row, int rows, int hidden) {
    uint32_t dropped = (uint32_t)((double)share * 0x1p32);
    float kept = 1.0f / (1.0f - share);
    for (int quad = 0; quad < hidden / 4; quad++) {
        float *at = mask + ((size_t)quad * (size_t)rows + (size_t)row) * 4;
        for (int i = 0; i < 4; i++) {
            at[i] = rng_bits(rng) < dropped ? 0.0f : kept;
        }
    }
}

void dropout_draw(const struct dropout *dropout, const struct dropout_options *options,
                  uint32_t seed, uint32_t epoch, uint32_t sequence, int row, int rows) {
    struct rng rng = rng_stream(seed, epoch, sequence, RNG_DROPOUT);
    size_t size = mask_floats(dropout, rows);
    float *mask = dropout->masks;
    for (int i = 0; i < (dropout->layers - 1) * dropout->steps; i++, mask += size) {
        draw_row(mask, &rng, options->between, row, rows, dropout->hidden);
    }
    draw_row(mask, &rng, options->output, row, rows, dropout->hidden);
}

const float *dropout_mask(const struct dropout *dropout, int layer, int t, int rows) {
    int steps = layer + 1 < dropout->layers ? t : 0;
    return dropout->masks +
           ((size_t)layer * (size_t)dropout->steps + (size_t)steps) * mask_floats(dropout, rows);
}

void dropout_apply(float *out, const float *x, const float *mask, size_t count) {
    for (size_t i = 0; i < count; i++) {
        out[i] = x[i] * mask[i];
    }
}

void dropout_add(float *out, const float *x, const float *mask, size_t count) {
    for (size_t i = 0; i < count; i++) {
        out[i] += x[i] * mask[i];
    }
}
