/* Argument checks and status codes; no arithmetic. */
#include "lstm.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "quantise.h"

double lstm_network_bytes(int cell, int activation, int inputs, int steps, int hidden, int layers,
                          int classes, int batch) {
    struct network_config config = {.cell = (enum cell_kind)cell,
                                    .activation = (enum kernel_activation)activation,
                                    .inputs = inputs,
                                    .steps = steps,
                                    .hidden = hidden,
                                    .layers = layers,
                                    .classes = classes,
                                    .batch = batch};
    return (double)network_bytes(&config);
}

int lstm_pool_create(struct pool **pool, int threads) {
    return (int)pool_create(pool, threads);
}

void lstm_pool_destroy(struct pool *pool) {
    pool_destroy(pool);
}

int lstm_network_create(struct network **network, struct pool *pool, int cell, int activation,
                        int inputs, int steps, int hidden, int layers, int classes, int batch,
                        float forget_bias, uint32_t seed) {
    struct network_config config = {.cell = (enum cell_kind)cell,
                                    .activation = (enum kernel_activation)activation,
                                    .inputs = inputs,
                                    .steps = steps,
                                    .hidden = hidden,
                                    .layers = layers,
                                    .classes = classes,
                                    .batch = batch,
                                    .forget_bias = forget_bias};
    enum lstm_status status = network_create(network, &config);
    if (status == LSTM_OK) {
        (*network)->pool = pool;
        network_initialise(*network, seed);
    }
    return (int)status;
}

void lstm_network_destroy(struct network *network) {
    network_destroy(network);
}

int lstm_tensor_count(const struct network *network) {
    return network->tensor_count;
}

static const struct tensor *find_tensor(const struct network *network, int tensor) {
    return tensor >= 0 && tensor < network->tensor_count ? &network->tensors[tensor] : NULL;
}

const char *lstm_tensor_name(const struct network *network, int tensor) {
    const struct tensor *found = find_tensor(network, tensor);
    return found ? found->name : "";
}

int lstm_tensor_rows(const struct network *network, int tensor) {
    const struct tensor *found = find_tensor(network, tensor);
    return found ? found->rows : 0;
}

int lstm_tensor_columns(const struct network *network, int tensor) {
    const struct tensor *found = find_tensor(network, tensor);
    return found ? found->columns : 0;
}

int lstm_tensor_read(struct network *network, int array, int tensor, float *values) {
    const struct tensor *found = find_tensor(network, tensor);
    if (!found || array < ARRAY_PARAMETERS || array > ARRAY_ADAM_V) {
        return LSTM_BAD_ARGUMENT;
    }
    const float *from = network_array(network, (enum network_array)array);
    for (int row = 0; row < found->rows; row++) {
        const float *first = from + network_row(network, found, row);
        for (int column = 0; column < found->columns; column++) {
            *values++ = first[network_column(network, found, column)];
        }
    }
    return LSTM_OK;
}

int lstm_tensor_write(struct network *network, int array, int tensor, const float *values) {
    const struct tensor *found = find_tensor(network, tensor);
    if (!found || array < ARRAY_PARAMETERS || array > ARRAY_ADAM_V) {
        return LSTM_BAD_ARGUMENT;
    }
    ptrdiff_t count = (ptrdiff_t)found->rows * found->columns;
    for (ptrdiff_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            return LSTM_NOT_FINITE;
        }
    }
    float *to = network_array(network, (enum network_array)array);
    network_forget(network);
    for (int row = 0; row < found->rows; row++) {
        float *first = to + network_row(network, found, row);
        for (int column = 0; column < found->columns; column++) {
            first[network_column(network, found, column)] = *values++;
        }
    }
    return LSTM_OK;
}

void lstm_reset_adam(struct network *network) {
    network_reset_adam(network);
}

int lstm_quantise(struct network *network, int on) {
    if (!quantise_fits(network)) {
        return LSTM_BAD_CONFIG;
    }
    network->is_quantised = on != 0;
    network_forget(network);
    return LSTM_OK;
}

int lstm_dataset_create(struct dataset **dataset, int count, int steps, int inputs, int is_float) {
    return (int)dataset_create(dataset, count, steps, inputs, is_float);
}

void lstm_dataset_destroy(struct dataset *dataset) {
    dataset_destroy(dataset);
}

/* The dataset owns these arrays: const only for those who read it. */
void *lstm_dataset_values(struct dataset *dataset) {
    return (void *)(uintptr_t)dataset->values;
}

int32_t *lstm_dataset_labels(struct dataset *dataset) {
    return (int32_t *)(uintptr_t)dataset->labels;
}

int lstm_dataset_check(const struct dataset *dataset, int classes, int *position) {
    return (int)dataset_check(dataset, classes, position);
}

int lstm_trainer_create(struct trainer **trainer, struct network *network,
                        const struct dataset *dataset, int batch, int epochs, int loss,
                        int schedule, float learning_rate, float beta1, float beta2, float epsilon,
                        float clip_norm, uint32_t seed) {
    struct trainer_options options = {.batch = batch,
                                      .epochs = epochs,
                                      .loss = (enum loss)loss,
                                      .schedule = (enum schedule)schedule,
                                      .learning_rate = learning_rate,
                                      .beta1 = beta1,
                                      .beta2 = beta2,
                                      .epsilon = epsilon,
                                      .clip_norm = clip_norm,
                                      .seed = seed};
    return (int)trainer_create(trainer, network, dataset, &options);
}

int lstm_trainer_refine(struct trainer *trainer, const struct refine_options *options,
                        const struct augment_options *augment) {
    return (int)trainer_refine(trainer, options, augment);
}

void lstm_trainer_destroy(struct trainer *trainer) {
    trainer_destroy(trainer);
}

int lstm_trainer_run(struct trainer *trainer, int batches) {
    return (int)trainer_run(trainer, batches);
}

void lstm_trainer_report(const struct trainer *trainer, double report[6]) {
    report[0] = (double)trainer->epoch;
    report[1] = (double)trainer->batch;
    report[2] = (double)trainer_batches(trainer);
    report[3] = trainer->loss_sum;
    report[4] = (double)trainer->seen;
    report[5] = (double)trainer->correct;
}

int lstm_trainer_seek(struct trainer *trainer, int epoch, int batch) {
    if (epoch < 0 || epoch >= trainer->options.epochs || batch < 0 ||
        batch >= trainer_batches(trainer)) {
        return LSTM_BAD_ARGUMENT;
    }
    trainer->epoch = epoch;
    trainer->batch = batch;
    trainer->loss_sum = 0.0;
    trainer->seen = trainer->correct = 0;
    return LSTM_OK;
}

int lstm_evaluate(struct network *network, const struct dataset *dataset, int loss, int first,
                  int count, double result[2], int32_t *predictions) {
    if (loss < 0 || loss >= LOSS_KINDS) {
        return LSTM_BAD_ARGUMENT;
    }
    struct tally tally = {0.0, 0};
    int status =
        (int)trainer_evaluate(network, dataset, (enum loss)loss, first, count, &tally, predictions);
    result[0] += tally.loss;
    result[1] += (double)tally.correct;
    return status;
}

int lstm_gradients(struct network *network, const struct dataset *dataset, int loss,
                   double result[2]) {
    if (loss < 0 || loss >= LOSS_KINDS) {
        return LSTM_BAD_ARGUMENT;
    }
    struct tally tally = {0.0, 0};
    int status = (int)trainer_gradients(network, dataset, (enum loss)loss, &tally);
    result[0] = tally.loss;
    result[1] = (double)tally.correct;
    return status;
}

int lstm_predict(struct network *network, const struct dataset *dataset, float *logits,
                 float *probabilities, float *hidden, float *final_hidden, float *final_cell) {
    struct predict_outputs outputs = {logits, probabilities, hidden, final_hidden, final_cell};
    return (int)trainer_predict(network, dataset, &outputs);
}

int lstm_distort(float *picture, int rows, int columns, const struct augment_options *options,
                 uint32_t seed, uint32_t epoch, uint32_t sequence) {
    return (int)augment_sequence(picture, options, rows, columns, seed, epoch, sequence);
}

const char *lstm_signal_name(const struct network *network, int signal) {
    const char *name = NULL;
    if (signal >= 0 && signal < CELL_MAX_SIGNALS) {
        name = network->type->signals[signal];
    }
    return name ? name : "";
}

int lstm_trace(struct network *network, const struct dataset *dataset, float *signals,
               float *probabilities) {
    return (int)inspect_trace(network, dataset, signals, probabilities);
}

int lstm_gradient_flow(struct network *network, const struct dataset *dataset, int loss_kind,
                       double *hidden, double *cell, double *input, double *loss) {
    if (loss_kind < 0 || loss_kind >= LOSS_KINDS) {
        return LSTM_BAD_ARGUMENT;
    }
    size_t states = (size_t)network->config.layers * (size_t)network->steps * sizeof(double);
    memset(hidden, 0, states);
    memset(cell, 0, states);
    memset(input, 0, (size_t)network->config.steps * sizeof(double));
    *loss = 0.0;
    const struct gradient_flow flow = {hidden, cell, input};
    return (int)inspect_gradient_flow(network, dataset, (enum loss)loss_kind, &flow, loss);
}

int lstm_read_drawing(uint8_t *digit, int *blank, const float *points, const struct stroke *strokes,
                      int stroke_count, int centre) {
    return (int)image_read_drawing(digit, blank, points, strokes, stroke_count, centre);
}

int lstm_read_picture(uint8_t *digit, int *blank, const uint8_t *ink, int width, int height,
                      int centre) {
    return (int)image_read_picture(digit, blank, ink, width, height, centre);
}
