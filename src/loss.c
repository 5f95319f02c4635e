#include "loss.h"

#include <math.h>
#include <stddef.h>

#include "dataset.h"

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

/* What is to come out for a row: 1 - even for its class, and `even` shared out among all classes. */
struct target {
    int class;
    float even;
};

static struct target target_of(int label, float smoothing) {
    return label == DATASET_NO_CLASS ? (struct target){0, 1.0f} : (struct target){label, smoothing};
}

/* The mean of z under the target: sum over c of target(c) z(c). */
static double mean_target(const float *z, struct target target, int classes) {
    if (target.even == 0.0f) {
        return (double)z[target.class];
    }
    double sum = 0.0, even = (double)target.even;
    for (int c = 0; c < classes; c++) {
        sum += (double)z[c];
    }
    return (1.0 - even) * (double)z[target.class] + even * sum / classes;
}

/* q -= the target. */
static void take_target(float *q, struct target target, int classes) {
    for (int c = 0; target.even > 0.0f && c < classes; c++) {
        q[c] -= target.even / (float)classes;
    }
    q[target.class] -= 1.0f - target.even;
}

void loss_gradient(float *logits, double *sum, int *correct, float *probabilities,
                   const int32_t *labels, enum loss kind, float smoothing, float scale, int rows,
                   int classes) {
    float *z = probabilities, *q = probabilities + classes;
    for (int row = 0; row < rows; row++) {
        struct target wanted = target_of(labels[row], smoothing);
        int best = 0;
        for (int c = 0; c < classes; c++) {
            z[c] = logits[at(row, rows, c)];
            best = z[c] > z[best] ? c : best;
        }
        *correct += best == labels[row];
        double target = mean_target(z, wanted, classes);
        double log_sum = softmax(z, z, classes); /* z is p from here on */
        if (kind == LOSS_CROSS_ENTROPY) {
            *sum += log_sum - target;
            take_target(z, wanted, classes);
            for (int c = 0; c < classes; c++) {
                logits[at(row, rows, c)] = scale * z[c];
            }
            continue;
        }
        *sum += softmax(q, z, classes) - mean_target(z, wanted, classes);
        take_target(q, wanted, classes);
        float dot = 0.0f;
        for (int c = 0; c < classes; c++) {
            dot += q[c] * z[c];
        }
        for (int c = 0; c < classes; c++) {
            logits[at(row, rows, c)] = scale * z[c] * (q[c] - dot);
        }
    }
}
