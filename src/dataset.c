#include "dataset.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

enum lstm_status dataset_create(struct dataset **dataset, int count, int steps, int inputs,
                                int is_float) {
    if (count < 1 || steps < 1 || inputs < 1) {
        return LSTM_BAD_CONFIG;
    }
    size_t width = is_float ? sizeof(float) : 1;
    uint64_t values = (uint64_t)count * (uint64_t)steps;
    if (values > (uint64_t)PTRDIFF_MAX / (uint64_t)inputs / width) {
        return LSTM_OUT_OF_MEMORY;
    }
    values *= (uint64_t)inputs * width;
    uint64_t labels = (uint64_t)count * sizeof(int32_t);
    uint64_t bytes = sizeof(struct dataset) + labels + values;
    char *block = bytes > (uint64_t)PTRDIFF_MAX ? NULL : calloc((size_t)bytes, 1);
    if (!block) {
        return LSTM_OUT_OF_MEMORY;
    }
    *dataset = (struct dataset *)(void *)block;
    **dataset = (struct dataset){.values = block + sizeof(struct dataset) + labels,
                                 .labels = (int32_t *)(void *)(block + sizeof(struct dataset)),
                                 .is_float = is_float,
                                 .count = count,
                                 .steps = steps,
                                 .inputs = inputs};
    return LSTM_OK;
}

void dataset_destroy(struct dataset *dataset) {
    free(dataset);
}

enum lstm_status dataset_check(const struct dataset *dataset, int classes, int *position) {
    size_t length = (size_t)dataset->steps * (size_t)dataset->inputs;
    for (int i = 0; i < dataset->count; i++) {
        *position = i;
        int label = dataset->labels ? dataset->labels[i] : DATASET_NO_CLASS;
        if (label != DATASET_NO_CLASS && (label < 0 || label >= classes)) {
            return LSTM_BAD_LABEL;
        }
        const float *values = (const float *)dataset->values + (size_t)i * length;
        for (size_t p = 0; dataset->is_float && p < length; p++) {
            if (!isfinite(values[p])) {
                return LSTM_NOT_FINITE;
            }
        }
    }
    return LSTM_OK;
}

int dataset_blank_steps(const struct dataset *dataset, int sequence, int most) {
    size_t width = (size_t)dataset->inputs * (dataset->is_float ? sizeof(float) : 1);
    const char *values =
        (const char *)dataset->values + (size_t)sequence * (size_t)dataset->steps * width;
    size_t at = 0, end = (size_t)most * width;
    while (at < end && values[at] == 0) {
        at++;
    }
    return (int)(at / width);
}

void dataset_sort(struct dataset_row *rows, int count) {
    for (int i = 1; i < count; i++) {
        struct dataset_row row = rows[i];
        int at = i;
        for (; at > 0 && rows[at - 1].blank > row.blank; at--) {
            rows[at] = rows[at - 1];
        }
        rows[at] = row;
    }
}

/* out = count values of the dataset from `at` on, those that are lacking up to four zero. */
static inline void read_quad(float out[4], const struct dataset *dataset, size_t at, size_t count) {
    const uint8_t *bytes = (const uint8_t *)dataset->values + at;
    const float *floats = (const float *)dataset->values + at;
    for (size_t i = 0; i < 4; i++) {
        out[i] = i >= count          ? 0.0f
                 : dataset->is_float ? floats[i]
                                     : (float)bytes[i] * (1.0f / 255.0f);
    }
}

void dataset_gather(float *out, const struct dataset *dataset, const uint32_t *index, int first,
                    int rows, int t) {
    size_t inputs = (size_t)dataset->inputs, whole = inputs / 4, quad = (size_t)rows * 4;
    for (int row = 0; row < rows; row++) {
        size_t sequence = index ? index[row] : (size_t)(first + row);
        size_t at = (sequence * (size_t)dataset->steps + (size_t)t) * inputs;
        float *quads = out + (size_t)row * 4;
        for (size_t q = 0; q < whole; q++) {
            read_quad(quads + q * quad, dataset, at + 4 * q, 4);
        }
        if (inputs % 4 != 0) {
            read_quad(quads + whole * quad, dataset, at + 4 * whole, inputs % 4);
        }
    }
}

void dataset_sequence(float *out, const struct dataset *dataset, uint32_t index) {
    size_t length = (size_t)dataset->steps * (size_t)dataset->inputs, at = index * length;
    const uint8_t *bytes = (const uint8_t *)dataset->values + at;
    const float *floats = (const float *)dataset->values + at;
    for (size_t i = 0; i < length; i++) {
        out[i] = dataset->is_float ? floats[i] : (float)bytes[i] * (1.0f / 255.0f);
    }
}
