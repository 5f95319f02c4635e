/* The core as a native program, for sanitizers: gradients against central differences of a
 * double-precision forward pass, training, evaluation and refused arguments; pictures.c. Prints what failed
 * and exits with 1. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "lstm.h"
#include "rng.h"

/* AddressSanitizer asks for its options by this name: an allocation that is too large must fail as it
 * does elsewhere. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1";
}

int checks, failures;

static double sigmoid(double x) {
    return 1.0 / (1.0 + exp(-x));
}

/* All weights in double, PyTorch's tensors in the order of the table. */
struct weights {
    int count;
    double *data[NETWORK_MAX_TENSORS];
    int size[NETWORK_MAX_TENSORS];
};

static struct weights read_weights(struct network *network) {
    struct weights w = {.count = lstm_tensor_count(network)};
    for (int i = 0; i < w.count; i++) {
        w.size[i] = lstm_tensor_rows(network, i) * lstm_tensor_columns(network, i);
        float *values = allocate((size_t)w.size[i] * sizeof(float));
        CHECK(lstm_tensor_read(network, ARRAY_PARAMETERS, i, values) == LSTM_OK, "tensor %d", i);
        w.data[i] = allocate((size_t)w.size[i] * sizeof(double));
        for (int k = 0; k < w.size[i]; k++) {
            w.data[i][k] = (double)values[k];
        }
        free(values);
    }
    return w;
}

/* One layer over all steps: x [T][n] to h [T][H], in doubles. */
static void reference_layer(double *h, const double *x, const double *ih, const double *hh,
                            const double *bias, int steps, int n, int hidden) {
    double *c = allocate((size_t)hidden * sizeof(double));
    double *z = allocate(4 * (size_t)hidden * sizeof(double));
    for (int t = 0; t < steps; t++) {
        for (int g = 0; g < 4 * hidden; g++) {
            z[g] = bias[g] + (g / hidden == 1 ? 1.0 : 0.0); /* the forget bias */
            for (int i = 0; i < n; i++) {
                z[g] += ih[g * n + i] * x[t * n + i];
            }
            for (int u = 0; t > 0 && u < hidden; u++) {
                z[g] += hh[g * hidden + u] * h[(t - 1) * hidden + u];
            }
        }
        for (int u = 0; u < hidden; u++) {
            c[u] = sigmoid(z[hidden + u]) * c[u] + sigmoid(z[u]) * tanh(z[2 * hidden + u]);
            h[t * hidden + u] = sigmoid(z[3 * hidden + u]) * tanh(c[u]);
        }
    }
    free(c);
    free(z);
}

static double cross_entropy(double *z, int classes, int label, int twice) {
    double greatest = -INFINITY, sum = 0.0;
    for (int c = 0; c < classes; c++) {
        greatest = fmax(greatest, z[c]);
    }
    for (int c = 0; c < classes; c++) {
        sum += exp(z[c] - greatest);
    }
    double loss = greatest + log(sum) - z[label];
    if (!twice) {
        return loss;
    }
    for (int c = 0; c < classes; c++) {
        z[c] = exp(z[c] - greatest) / sum;
    }
    return cross_entropy(z, classes, label, 0);
}

static double reference_loss(const struct shape *s, const struct weights *w, const float *images,
                             const int32_t *labels, int twice) {
    int widest = s->inputs > s->hidden ? s->inputs : s->hidden;
    double *x = allocate((size_t)s->steps * (size_t)widest * sizeof(double));
    double *h = allocate((size_t)s->steps * (size_t)s->hidden * sizeof(double));
    double *z = allocate((size_t)s->classes * sizeof(double));
    double sum = 0.0;
    for (int b = 0; b < s->batch; b++) {
        int n = s->inputs;
        for (int i = 0; i < s->steps * n; i++) {
            x[i] = (double)images[b * s->steps * n + i];
        }
        for (int l = 0; l < s->layers; l++) {
            reference_layer(h, x, w->data[3 * l], w->data[3 * l + 1], w->data[3 * l + 2], s->steps,
                            n, s->hidden);
            n = s->hidden;
            memcpy(x, h, (size_t)s->steps * (size_t)n * sizeof(double));
        }
        const double *weight = w->data[w->count - 2], *bias = w->data[w->count - 1];
        for (int c = 0; c < s->classes; c++) {
            z[c] = bias[c];
            for (int u = 0; u < s->hidden; u++) {
                z[c] += weight[c * s->hidden + u] * h[(s->steps - 1) * s->hidden + u];
            }
        }
        sum += cross_entropy(z, s->classes, labels[b], twice);
    }
    free(x);
    free(h);
    free(z);
    return sum / s->batch;
}

struct dataset *random_dataset(const struct shape *s, int count) {
    struct dataset *dataset = NULL;
    struct rng rng = rng_seed(5);
    CHECK(lstm_dataset_create(&dataset, count, s->steps, s->inputs, 1) == LSTM_OK, "dataset");
    float *values = lstm_dataset_values(dataset);
    for (int i = 0; i < count * s->steps * s->inputs; i++) {
        values[i] = 2.0f * rng_uniform(&rng) - 1.0f;
    }
    for (int i = 0; i < count; i++) {
        lstm_dataset_labels(dataset)[i] = (int32_t)rng_below(&rng, (uint32_t)s->classes);
    }
    return dataset;
}

static struct network *create_cell(int cell, int activation, const struct shape *s,
                                   struct pool *pool) {
    struct network *network = NULL;
    int status = lstm_network_create(&network, pool, cell, activation, s->inputs, s->steps,
                                     s->hidden, s->layers, s->classes, s->batch, 1.0f, 3);
    CHECK(status == LSTM_OK, "create: %d", status);
    return network;
}

struct network *create(const struct shape *s, struct pool *pool) {
    return create_cell(CELL_LSTM, KERNEL_TANH, s, pool);
}

static void check_tensor(const struct shape *s, struct weights *w, int tensor, const float *found,
                         const struct dataset *dataset, int loss) {
    double greatest = 0.0, worst = 0.0;
    for (int k = 0; k < w->size[tensor]; k++) {
        double *value = &w->data[tensor][k], kept = *value, step = 1e-5;
        *value = kept + step;
        double above = reference_loss(s, w, dataset->values, dataset->labels, loss);
        *value = kept - step;
        double below = reference_loss(s, w, dataset->values, dataset->labels, loss);
        *value = kept;
        double expected = (above - below) / (2.0 * step);
        greatest = fmax(greatest, fabs(expected));
        worst = fmax(worst, fabs(expected - (double)found[k]));
    }
    CHECK(greatest > 1e-7, "tensor %d: the gradient is all but zero", tensor);
    CHECK(worst < 3e-5 * greatest + 1e-9, "tensor %d, loss %d: off by %g of %g", tensor, loss,
          worst, greatest);
}

static void test_gradients(const struct shape *s) {
    for (int loss = 0; loss < LOSS_KINDS; loss++) {
        struct network *network = create(s, NULL);
        struct dataset *dataset = random_dataset(s, s->batch);
        struct weights w = read_weights(network);
        double result[2];
        CHECK(lstm_gradients(network, dataset, loss, result) == LSTM_OK, "gradients");
        double expected = reference_loss(s, &w, dataset->values, dataset->labels, loss);
        CHECK(fabs(result[0] / s->batch - expected) < 2e-6, "loss %g, not %g", result[0] / s->batch,
              expected);
        for (int i = 0; i < w.count; i++) {
            float *found = allocate((size_t)w.size[i] * sizeof(float));
            CHECK(lstm_tensor_read(network, ARRAY_GRADIENTS, i, found) == LSTM_OK, "tensor %d", i);
            check_tensor(s, &w, i, found, dataset, loss);
            free(found);
        }
        for (int i = 0; i < w.count; i++) {
            free(w.data[i]);
        }
        lstm_dataset_destroy(dataset);
        lstm_network_destroy(network);
    }
}

/* Learns 60 random sequences by heart, in batches with a rest, and says so in every way. */
static void test_training(void) {
    struct shape s = {5, 6, 13, 2, 4, 26};
    struct network *network = create(&s, NULL);
    struct dataset *dataset = random_dataset(&s, 60);
    struct trainer *trainer = NULL;
    int position = -1;
    CHECK(lstm_dataset_check(dataset, s.classes, &position) == LSTM_OK, "at %d", position);
    CHECK(lstm_trainer_create(&trainer, network, dataset, 26, 150, LOSS_CROSS_ENTROPY,
                              SCHEDULE_COSINE, 0.02f, 0.9f, 0.999f, 1e-8f, 1.0f, 9) == LSTM_OK,
          "trainer");
    double report[6] = {0};
    while (report[0] < 150.0) {
        CHECK(lstm_trainer_run(trainer, 7) == LSTM_OK, "run");
        lstm_trainer_report(trainer, report);
    }
    double result[2] = {0.0, 0.0};
    int32_t predictions[60];
    CHECK(lstm_evaluate(network, dataset, 0, 0, 60, result, predictions) == LSTM_OK, "evaluate");
    CHECK(result[1] >= 58.0, "only %g of 60 learned", result[1]);
    struct dataset some = *dataset;
    some.count = 26;
    size_t b = 26;
    float *logits = allocate(b * 4 * sizeof(float)), *p = allocate(b * 4 * sizeof(float));
    float *hidden = allocate(b * 6 * 13 * sizeof(float)), *h = allocate(2 * b * 13 * sizeof(float));
    float *c = allocate(2 * b * 13 * sizeof(float));
    CHECK(lstm_predict(network, &some, logits, p, hidden, h, c) == LSTM_OK, "predict");
    CHECK(memcmp(hidden + 5 * 13, h + b * 13, 13 * sizeof(float)) == 0, "the last state");
    for (int i = 0; i < 26; i++) {
        CHECK(p[4 * i + predictions[i]] > 0.25f, "prediction %d", i);
    }
    some.count = 27;
    CHECK(lstm_predict(network, &some, logits, p, hidden, h, c) == LSTM_BAD_ARGUMENT, "27 of 26");
    free(logits), free(p), free(hidden), free(h), free(c);
    lstm_trainer_destroy(trainer);
    lstm_dataset_destroy(dataset);
    lstm_network_destroy(network);
}

/* Every cell learns 20 random sequences by heart, and is looked into. */
static void test_cell(int cell, int activation) {
    struct shape s = {5, 3, 13, 2, 4, 26};
    struct network *network = create_cell(cell, activation, &s, NULL);
    struct dataset *dataset = random_dataset(&s, 20);
    struct trainer *trainer = NULL;
    CHECK(lstm_trainer_create(&trainer, network, dataset, 7, 200, LOSS_CROSS_ENTROPY,
                              SCHEDULE_COSINE, 0.02f, 0.9f, 0.999f, 1e-8f, 1.0f, 9) == LSTM_OK,
          "trainer");
    for (int epoch = 0; epoch < 200; epoch++) {
        CHECK(lstm_trainer_run(trainer, 3) == LSTM_OK, "run");
    }
    double result[2] = {0.0, 0.0};
    CHECK(lstm_evaluate(network, dataset, 0, 0, 20, result, NULL) == LSTM_OK, "evaluate");
    CHECK(result[1] >= 18.0, "cell %d, activation %d: only %g of 20 learned", cell, activation,
          result[1]);
    int is_lstm = cell == CELL_LSTM || cell == CELL_LSTM_PEEPHOLE;
    CHECK(lstm_quantise(network, 1) == (is_lstm ? LSTM_OK : LSTM_BAD_CONFIG), "quantise");
    double rough[2] = {0.0, 0.0};
    CHECK(lstm_evaluate(network, dataset, 0, 0, 20, rough, NULL) == LSTM_OK, "evaluate");
    CHECK(rough[1] >= result[1] - 2.0, "%g right in 8 bits, %g else", rough[1], result[1]);
    CHECK((rough[0] != result[0]) == is_lstm, "8 bits change the loss, of LSTMs alone");
    double hidden[6], state[6], input[3], loss = -1.0;
    CHECK(lstm_gradient_flow(network, dataset, 0, hidden, state, input, &loss) == LSTM_OK, "flow");
    CHECK(fabs(loss - result[0]) < 1e-4, "loss %g, not %g", loss, result[0]);
    CHECK(input[0] > 0.0 && hidden[0] > 0.0, "no gradient");
    float signals[2 * CELL_MAX_SIGNALS * 3 * 13], answers[3 * 4];
    CHECK(lstm_trace(network, dataset, signals, answers) == LSTM_BAD_ARGUMENT, "20 at once");
    struct dataset one = *dataset;
    one.count = 1;
    CHECK(lstm_trace(network, &one, signals, answers) == LSTM_OK, "trace");
    CHECK(lstm_signal_name(network, 0)[0] != 0 && lstm_signal_name(network, 6)[0] == 0, "names");
    lstm_trainer_destroy(trainer);
    lstm_dataset_destroy(dataset);
    lstm_network_destroy(network);
}

static void test_refusals(void) {
    struct network *network = NULL;
    int bad[][6] = {{0, 1, 1, 1, 1, 1},    {1, 0, 1, 1, 1, 1},      {1, 1, 1025, 1, 1, 1},
                    {1, 1, 1, 4, 1, 1},    {1, 1, 1, 1, 0, 1},      {1, 1, 1, 1, 1, -5},
                    {5000, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1 << 30}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int *v = bad[i];
        CHECK(lstm_network_bytes(0, 0, v[0], v[1], v[2], v[3], v[4], v[5]) == 0.0, "case %zu", i);
        CHECK(lstm_network_create(&network, NULL, 0, 0, v[0], v[1], v[2], v[3], v[4], v[5], 1.0f,
                                  1) == LSTM_BAD_CONFIG,
              "case %zu", i);
    }
    CHECK(lstm_network_bytes(CELL_KINDS, 0, 1, 1, 1, 1, 1, 1) == 0.0, "no such cell");
    CHECK(lstm_network_bytes(CELL_RNN, KERNEL_ACTIVATIONS, 1, 1, 1, 1, 1, 1) == 0.0, "activation");
    CHECK(lstm_network_bytes(CELL_LSTM, KERNEL_LINEAR, 1, 1, 1, 1, 1, 1) == 0.0, "linear gates");
    CHECK(lstm_network_bytes(CELL_FEEDFORWARD, 0, 4096, 17, 1, 1, 1, 1) == 0.0, "too long");
    struct shape s = {2, 2, 3, 1, 2, 2};
    network = create(&s, NULL);
    struct dataset *dataset = random_dataset(&s, 3);
    struct trainer *trainer = NULL;
    double result[2] = {0.0, 0.0};
    float values[64] = {NAN};
    CHECK(lstm_tensor_write(network, ARRAY_PARAMETERS, 0, values) == LSTM_NOT_FINITE, "NaN");
    CHECK(lstm_tensor_read(network, ARRAY_PARAMETERS, 99, values) == LSTM_BAD_ARGUMENT, "tensor");
    CHECK(lstm_tensor_read(network, 9, 0, values) == LSTM_BAD_ARGUMENT, "array");
    CHECK(lstm_evaluate(network, dataset, 0, 2, 2, result, NULL) == LSTM_BAD_ARGUMENT, "range");
    CHECK(lstm_evaluate(network, dataset, 7, 0, 1, result, NULL) == LSTM_BAD_ARGUMENT, "loss");
    CHECK(lstm_gradients(network, dataset, 0, result) == LSTM_BAD_ARGUMENT, "3 of 2");
    CHECK(lstm_trainer_create(&trainer, network, dataset, 3, 1, 0, 0, 0.1f, 0.9f, 0.9f, 1e-8f, 0.0f,
                              1) == LSTM_BAD_CONFIG,
          "batch");
    lstm_dataset_labels(dataset)[2] = 2;
    int position = -1;
    CHECK(lstm_dataset_check(dataset, 2, &position) == LSTM_BAD_LABEL && position == 2, "label");
    CHECK(lstm_dataset_create(&dataset, 1 << 30, 4096, 4096, 1) == LSTM_OUT_OF_MEMORY, "memory");
    lstm_dataset_destroy(dataset);
    lstm_network_destroy(network);
}

/* All that can be added to training, on one thread and on two: the same weights. */
static void test_refinements(void) {
    struct shape s = {9, 12, 7, 3, 4, 60};
    const struct refine_options refine = {0.1f, 0.2f, 0.3f, 0.01f, 0.95f, 0.3f};
    const struct augment_options augment = {.share = 0.9f,
                                            .rotation = 15.0f,
                                            .elastic = 1.0f,
                                            .smoothness = 4.0f,
                                            .thickness = 0.5f,
                                            .fit = 1.0f};
    const struct refine_options bad = {.dropout = 1.0f};
    uint32_t hashes[2];
    for (int i = 0; i < 2; i++) {
        struct pool *pool = NULL;
        CHECK(i == 0 || lstm_pool_create(&pool, 2) == LSTM_OK, "pool");
        struct network *network = create(&s, pool);
        struct dataset *dataset = random_dataset(&s, 130);
        struct trainer *trainer = NULL;
        CHECK(lstm_trainer_create(&trainer, network, dataset, 60, 4, LOSS_CROSS_ENTROPY,
                                  SCHEDULE_COSINE, 0.01f, 0.9f, 0.999f, 1e-8f, 1.0f, 9) == LSTM_OK,
              "trainer");
        CHECK(lstm_trainer_refine(trainer, &bad, NULL) == LSTM_BAD_CONFIG, "dropout of all");
        CHECK(lstm_trainer_refine(trainer, &refine, &augment) == LSTM_OK, "refine");
        CHECK(lstm_trainer_refine(trainer, &refine, &augment) == LSTM_OK, "again");
        for (int k = 0; k < 12; k++) {
            CHECK(lstm_trainer_run(trainer, 1) == LSTM_OK, "run");
        }
        hashes[i] = fnv(0x811c9dc5U, network->parameters, network->parameter_floats * 4);
        lstm_trainer_destroy(trainer);
        lstm_dataset_destroy(dataset);
        lstm_network_destroy(network);
        lstm_pool_destroy(pool);
    }
    CHECK(hashes[0] == hashes[1], "two threads: other weights");
}

int main(void) {
    struct shape shapes[] = {{3, 4, 5, 1, 3, 2}, {5, 3, 7, 2, 9, 6}, {4, 2, 4, 3, 8, 27}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        test_gradients(&shapes[i]);
    }
    test_training();
    test_cell(CELL_LSTM_PEEPHOLE, KERNEL_TANH);
    test_cell(CELL_GRU, KERNEL_TANH);
    test_cell(CELL_RNN, KERNEL_TANH);
    test_cell(CELL_RNN, KERNEL_LINEAR);
    test_cell(CELL_FEEDFORWARD, KERNEL_LOGISTIC);
    test_threads();
    test_lost_thread();
    test_refusals();
    test_drawings();
    test_distortions();
    test_refinements();
    printf("%d checks, %d failed\n", checks, failures);
    return failures > 0;
}
