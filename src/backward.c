/* Back-propagation through time, shard by shard. */
#include <math.h>
#include <string.h>

#include "shards.h"

/* ---- norms of gradients on their way ---- */

/* Adds to *sum, for each row, the norm of n columns of x (quads, rows x n). */
static void add_norms(double *sum, const float *x, int rows, int n) {
    for (int row = 0; row < rows; row++) {
        double squares = 0.0;
        for (int i = 0; i < n; i++) {
            double value = (double)x[(i / 4 * rows + row) * 4 + i % 4];
            squares += value * value;
        }
        *sum += sqrt(squares);
    }
}

static void flow_of_state(const struct network *net, const struct shard *shard, int l, int t,
                          const float *dh, const float *dc, const struct gradient_flow *flow) {
    int at = l * net->steps + t;
    add_norms(&flow->hidden[at], dh, shard->rows, net->hidden);
    if (net->type->state_gradient) {
        struct cell cell = network_cell(net, l);
        struct cell_step step = shard_step(net, shard, l, t);
        float *whole = shard_dc(net, shard, l) + (size_t)net->config.batch * (size_t)net->hidden;
        net->type->state_gradient(&cell, &step, whole, dh, dc);
        add_norms(&flow->cell[at], whole, shard->rows, net->hidden);
    }
}

/* dx: step t's, quads; of a feed-forward network all rows of the picture stand side by side. */
static void flow_of_input(const struct network *net, const struct shard *shard, const float *dx,
                          int t, const struct gradient_flow *flow) {
    int columns = net->layers[0].inputs;
    int count = net->type->is_recurrent ? 1 : net->config.steps;
    int width = columns / count;
    for (int i = 0; i < count; i++) {
        add_norms(&flow->input[t + i], dx + (size_t)(i * width) * (size_t)shard->rows, shard->rows,
                  width);
    }
}

/* ---- backward ---- */

/* The gradients of a layer's parameters. */
static void layer_gradients(const struct network *net, const struct shard *shard, int l,
                            float *grad) {
    const struct layer *layer = &net->layers[l];
    size_t rows = (size_t)shard->rows, h = (size_t)net->hidden;
    struct cell cell = network_cell(net, l);
    struct cell_run run = {.rows = shard->rows,
                           .made = shard_rows_made(net, shard, l),
                           .steps = net->steps,
                           .is_sparse = l == 0,
                           .xh = shard_xh(net, shard, l, 0),
                           .gates = shard_gates(net, shard, l, 0),
                           .c = shard_c(net, shard, l, -1),
                           .xh_step = rows * ((size_t)layer->inputs + h),
                           .gates_step = rows * (size_t)net->type->states * h,
                           .c_step = rows * h,
                           .dkernel = grad + layer->kernel,
                           .dbias = grad + layer->bias,
                           .dpeepholes = grad + layer->peepholes};
    net->type->gradients(&cell, &run);
}

/* One step of layer l > 0, whose input is the layer below's h times a mask. */
static void back_through_dropout(const struct network *net, const struct shard *shard,
                                 const struct cell *cell, const struct cell_step *step, int l,
                                 int t) {
    float *dx = shard->dropout->dx;
    size_t count = (size_t)shard->rows * (size_t)net->hidden;
    memset(dx, 0, count * sizeof(float));
    net->type->backward(cell, step, shard_dh(net, shard, l), shard_dc(net, shard, l), dx);
    dropout_add(shard_dh(net, shard, l - 1), dx,
                dropout_mask(shard->dropout, l - 1, t, shard->rows), count);
}

/* Adds what the rows from `made` on have of x (quads of n columns) to row made - 1, which stands for them, and
 * leaves them zero. */
static void fold(float *x, int made, int rows, int n) {
    for (int q = 0; q < n / 4; q++, x += (size_t)rows * 4) {
        float *sum = x + (size_t)(made - 1) * 4;
        for (int i = 4; i < (rows - made + 1) * 4; i++) {
            sum[i % 4] += sum[i];
            sum[i] = 0.0f;
        }
    }
}

/* From dL/dh of the last layer's last step, in its dh, back to the first step. Leaves dL/d(gate inputs)
 * of all steps. flow: where to add norms, or NULL. */
static void back_through_time(const struct network *net, const struct shard *shard,
                              const struct gradient_flow *flow) {
    int layers = net->config.layers;
    float *dx = shard_dx(net, shard);
    size_t dx_bytes = (size_t)shard->rows * (size_t)net->layers[0].inputs * sizeof(float);
    for (int t = net->steps - 1; t >= 0; t--) {
        memset(dx, 0, flow ? dx_bytes : 0);
        for (int l = layers - 1; l >= 0; l--) {
            struct cell cell = network_cell(net, l);
            struct cell_step step = shard_step(net, shard, l, t);
            float *dh = shard_dh(net, shard, l), *dc = shard_dc(net, shard, l);
            fold(dh, step.rows, shard->rows, net->hidden);
            if (dc) {
                fold(dc, step.rows, shard->rows, net->hidden);
            }
            if (flow) {
                flow_of_state(net, shard, l, t, dh, dc, flow);
            }
            float *below = l > 0 ? shard_dh(net, shard, l - 1) : flow ? dx : NULL;
            if (l > 0 && shard->dropout) {
                back_through_dropout(net, shard, &cell, &step, l, t);
            } else {
                net->type->backward(&cell, &step, dh, dc, below);
            }
        }
        if (flow) {
            flow_of_input(net, shard, dx, t, flow);
        }
    }
}

/* dL/dh and dL/dc after the last step. */
static void begin_backward(const struct network *net, const struct shard *shard) {
    int h = net->hidden, layers = net->config.layers;
    size_t bytes = (size_t)shard->rows * (size_t)h * sizeof(float);
    for (int l = 0; l < layers; l++) {
        memset(shard_dh(net, shard, l), 0, bytes);
        if (net->type->has_cell_state) {
            memset(shard_dc(net, shard, l), 0, bytes);
        }
    }
    kernel_gemm(shard_dh(net, shard, layers - 1), network_logits(net, shard), net->output_t, NULL,
                KERNEL_START_ZERO, shard->rows, shard->rows, h, 0, net->classes, net->classes, 0);
    if (shard->dropout) {
        float *dh = shard_dh(net, shard, layers - 1);
        dropout_apply(dh, dh, dropout_mask(shard->dropout, layers - 1, net->steps - 1, shard->rows),
                      bytes / sizeof(float));
    }
}

void network_backward(const struct network *network, const struct shard *shard) {
    int h = network->hidden, layers = network->config.layers;
    float *grad = network->gradients + (size_t)shard->index * network->parameter_floats;
    memset(grad, 0, network->parameter_floats * sizeof(float));
    const float *dlogits = network_logits(network, shard);
    kernel_gemm_tn(grad + network->output_weight, shard_answer(network, shard, network->steps - 1),
                   dlogits, 0, NULL, shard->rows, network->classes, h, h, 1, 0, 0);
    kernel_column_sum(grad + network->output_bias, dlogits, NULL, shard->rows, network->classes, 1,
                      0);
    begin_backward(network, shard);
    back_through_time(network, shard, NULL);
    for (int l = 0; l < layers; l++) {
        layer_gradients(network, shard, l, grad);
    }
}

void network_gradient_flow(const struct network *network, const struct shard *shard,
                           const struct gradient_flow *flow) {
    begin_backward(network, shard);
    back_through_time(network, shard, flow);
}

void network_reduce_gradients(struct network *network, int count) {
    for (int i = 1; i < count; i++) {
        kernel_add(network->gradients, network->gradients + (size_t)i * network->parameter_floats,
                   network->parameter_floats);
    }
}
