#include "loss.h"

#include <math.h>
#include <stddef.h>

static size_t at(int row, int rows, int column) {
    return ((size_t)(column / 4) * (size_t)rows + (size_t)row) * 4 + (size_t)(column % 4);
}

/* p = softmax(z); returns log sum exp z. The greatest is taken off first, so that exp cannot overflow. */
static double softmax(float *p, const float *z, int classes) {
    float greatest = z[0];
    for (int c = 1; c < classes; c++) {
        greatest = z[c] > greatest ? z[c] : greatest;
    }
    float sum = 0.0f;
    for (int c = 0; c < classes; c++) {
        p[c] = expf(z[c] - greatest);
        sum += p[c];
    }
    for (int c = 0; c < classes; c++) {
        p[c] /= sum;
    }
    return (double)greatest + log((double)sum);
}

void loss_softmax(float *p, const float *logits, int row, int rows, int classes) {
    for (int c = 0; c < classes; c++) {
        p[c] = logits[at(row, rows, c)];
    }
    softmax(p, p, classes);
}

/* The mean of z under the smoothed target: sum over c of target(c) z(c). */
static double mean_target(const float *z, int label, float smoothing, int classes) {
    if (smoothing == 0.0f) {
        return (double)z[label];
    }
    double sum = 0.0;
    for (int c = 0; c < classes; c++) {
        sum += (double)z[c];
    }
    return (1.0 - (double)smoothing) * (double)z[label] + (double)smoothing * sum / classes;
}

/* q -= the smoothed target. */
static void take_target(float *q, int label, float smoothing, int classes) {
    for (int c = 0; smoothing > 0.0f && c < classes; c++) {
        q[c] -= smoothing / (float)classes;
    }
    q[label] -= 1.0f - smoothing;
}

void loss_gradient(float *logits, double *sum, int *correct, float *probabilities,
                   const int32_t *labels, enum loss kind, float smoothing, float scale, int rows,
                   int classes) {
    float *z = probabilities, *q = probabilities + classes;
    for (int row = 0; row < rows; row++) {
        int label = labels[row], best = 0;
        for (int c = 0; c < classes; c++) {
            z[c] = logits[at(row, rows, c)];
            best = z[c] > z[best] ? c : best;
        }
        *correct += best == label;
        double target = mean_target(z, label, smoothing, classes);
        double log_sum = softmax(z, z, classes); /* z is p from here on */
        if (kind == LOSS_CROSS_ENTROPY) {
            *sum += log_sum - target;
            take_target(z, label, smoothing, classes);
            for (int c = 0; c < classes; c++) {
                logits[at(row, rows, c)] = scale * z[c];
            }
            continue;
        }
        *sum += softmax(q, z, classes) - mean_target(z, label, smoothing, classes);
        take_target(q, label, smoothing, classes);
        float dot = 0.0f;
        for (int c = 0; c < classes; c++) {
            dot += q[c] * z[c];
        }
        for (int c = 0; c < classes; c++) {
            logits[at(row, rows, c)] = scale * z[c] * (q[c] - dot);
        }
    }
}
