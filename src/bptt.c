/* The network's forward pass over all steps and back-propagation through time, shard by shard. */
#include "network.h"

#include <math.h>
#include <string.h>

/* ---- shards and what they own ---- */

int network_shards(struct shard shards[NETWORK_MAX_SHARDS], int rows) {
    int count = (rows + NETWORK_SHARD_ROWS - 1) / NETWORK_SHARD_ROWS;
    count = count > NETWORK_MAX_SHARDS ? NETWORK_MAX_SHARDS : count;
    for (int i = 0, first = 0; i < count; i++) {
        int share = (rows - first + count - i - 1) / (count - i);
        shards[i] = (struct shard){.index = i, .first = first, .rows = share};
        first += share;
    }
    return count;
}

/* A shard's part of an array that has `floats` a row and step: rows of earlier shards come first,
 * each with all its steps. */
static float *shard_at(float *array, const struct shard *shard, int steps, int floats, int t) {
    size_t row = (size_t)floats;
    return array + (size_t)shard->first * (size_t)steps * row +
           (size_t)t * (size_t)shard->rows * row;
}

static float *xh_at(const struct network *net, const struct shard *shard, int l, int t) {
    const struct layer *layer = &net->layers[l];
    return shard_at(layer->xh, shard, net->steps + 1, layer->inputs + net->hidden, t);
}

static float *gates_at(const struct network *net, const struct shard *shard, int l, int t) {
    return shard_at(net->layers[l].gates, shard, net->steps, net->type->states * net->hidden, t);
}

/* c after step t; t = -1 is the zero state before the first. NULL: the cell has none. */
static float *c_at(const struct network *net, const struct shard *shard, int l, int t) {
    return net->type->has_cell_state
               ? shard_at(net->layers[l].c, shard, net->steps + 1, net->hidden, t + 1)
               : NULL;
}

static float *tanh_c_at(const struct network *net, const struct shard *shard, int l, int t) {
    return net->type->has_cell_state
               ? shard_at(net->layers[l].tanh_c, shard, net->steps, net->hidden, t)
               : NULL;
}

static float *h_at(const struct network *net, const struct shard *shard, int l, int t) {
    return xh_at(net, shard, l, t + 1) + (size_t)net->layers[l].inputs * (size_t)shard->rows;
}

static float *dh_of(const struct network *net, const struct shard *shard, int l) {
    return shard_at(net->layers[l].dh, shard, 1, net->hidden, 0);
}

static float *dc_of(const struct network *net, const struct shard *shard, int l) {
    return net->type->has_cell_state ? shard_at(net->layers[l].dc, shard, 1, net->hidden, 0) : NULL;
}

float *network_input(const struct network *network, const struct shard *shard, int t) {
    int inputs = network_pad(network->config.inputs, 4);
    return network->type->is_recurrent
               ? xh_at(network, shard, 0, t)
               : xh_at(network, shard, 0, 0) + (size_t)(t * inputs) * (size_t)shard->rows;
}

float *network_logits(const struct network *network, const struct shard *shard) {
    return shard_at(network->logits, shard, 1, network->classes, 0);
}

const float *network_hidden(const struct network *network, const struct shard *shard, int layer,
                            int t) {
    return h_at(network, shard, layer, t);
}

const float *network_cell_state(const struct network *network, const struct shard *shard, int layer,
                                int t) {
    return c_at(network, shard, layer, t);
}

static struct cell cell_of(const struct network *net, int l) {
    const struct layer *layer = &net->layers[l];
    return (struct cell){.inputs = layer->inputs,
                         .hidden = net->hidden,
                         .units = net->config.hidden,
                         .kernel_rows = layer->kernel_rows,
                         .columns = net->type->gates * net->hidden,
                         .forget_bias = net->config.forget_bias,
                         .activation = net->config.activation,
                         .kernel = net->parameters + layer->kernel,
                         .bias = net->parameters + layer->bias,
                         .peepholes =
                             net->type->has_peepholes ? net->parameters + layer->peepholes : NULL,
                         .recurrent_t = layer->recurrent_t,
                         .input_t = layer->input_t};
}

static struct cell_step step_of(const struct network *net, const struct shard *shard, int l,
                                int t) {
    struct kernel_span x = {0, net->layers[l].inputs / 4};
    x = l == 0 ? net->activity[shard->index].quads[t] : x;
    return (struct cell_step){.rows = shard->rows,
                              .first = t == 0,
                              .x_first = 4 * x.first,
                              .x_end = 4 * x.end,
                              .xh = xh_at(net, shard, l, t),
                              .c_last = c_at(net, shard, l, t - 1),
                              .gates = gates_at(net, shard, l, t),
                              .c = c_at(net, shard, l, t),
                              .tanh_c = tanh_c_at(net, shard, l, t),
                              .h = h_at(net, shard, l, t)};
}

struct cell_signal network_signal(const struct network *network, const struct shard *shard,
                                  int layer, int t, int signal) {
    struct cell cell = cell_of(network, layer);
    struct cell_step step = step_of(network, shard, layer, t);
    return network->type->signal(&cell, &step, signal);
}

/* ---- forward and backward ---- */

static int is_zero(const float *x, size_t count) {
    uint32_t any = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        any |= bits;
    }
    return any == 0;
}

static void extend(struct kernel_span *span, int position) {
    if (span->first == span->end) {
        *span = (struct kernel_span){position, position + 1};
    }
    span->first = position < span->first ? position : span->first;
    span->end = position >= span->end ? position + 1 : span->end;
}

static void find_activity(const struct network *net, const struct shard *shard) {
    const struct activity *activity = &net->activity[shard->index];
    int quads = net->layers[0].inputs / 4;
    size_t size = (size_t)shard->rows * 4;
    memset(activity->steps, 0, (size_t)quads * sizeof *activity->steps);
    for (int t = 0; t < net->steps; t++) {
        const float *x = xh_at(net, shard, 0, t);
        activity->quads[t] = (struct kernel_span){0, t == 0};
        for (int q = 0; q < quads; q++) {
            if (!is_zero(x + (size_t)q * size, size)) {
                extend(&activity->quads[t], q);
                extend(&activity->steps[q], t);
            }
        }
    }
}

/* h and c before the first step. */
static void clear_first_state(const struct network *net, const struct shard *shard, int l) {
    size_t bytes = (size_t)shard->rows * (size_t)net->hidden * sizeof(float);
    memset(h_at(net, shard, l, -1), 0, bytes);
    if (net->type->has_cell_state) {
        memset(c_at(net, shard, l, -1), 0, bytes);
    }
}

/* Hands a step's h on to the layer above. */
static void pass_up(const struct network *net, const struct shard *shard, int l, int t,
                    const float *h) {
    size_t count = (size_t)shard->rows * (size_t)net->hidden;
    float *x = xh_at(net, shard, l + 1, t);
    if (shard->dropout) {
        dropout_apply(x, h, dropout_mask(shard->dropout, l, t, shard->rows), count);
    } else {
        memcpy(x, h, count * sizeof(float));
    }
}

/* The steps at the start in which no row of the shard has an input: what they do is the same for all rows. */
static int blank_steps(const struct network *net, const struct shard *shard) {
    const struct kernel_span *steps = net->activity[shard->index].steps;
    int blank = net->type->is_recurrent ? net->steps : 0;
    for (int q = 0; q < net->layers[0].inputs / 4; q++) {
        int is_active = steps[q].first < steps[q].end;
        blank = is_active && steps[q].first < blank ? steps[q].first : blank;
    }
    return blank;
}

/* Copies the one row that x (quads of n columns) starts with to all rows. */
static void spread(float *x, int rows, int n) {
    for (int q = n / 4 - 1; q >= 0; q--) {
        float quad[4];
        memcpy(quad, x + (size_t)q * 4, sizeof quad);
        for (int row = 0; row < rows; row++) {
            memcpy(x + ((size_t)q * (size_t)rows + (size_t)row) * 4, quad, sizeof quad);
        }
    }
}

/* The first `steps` steps, blank ones, of the first `layers` layers: made for one row, then copied to all.
 * Until then that row lies where the arrays of all rows begin, its x right before its h. */
static void forward_blank(const struct network *net, const struct shard *shard, int steps,
                          int layers) {
    for (int t = 0; t < steps; t++) {
        for (int l = 0; l < layers; l++) {
            struct cell cell = cell_of(net, l);
            struct cell_step step = step_of(net, shard, l, t);
            float *x = h_at(net, shard, l, t - 1) - cell.inputs; /* zeros in the first layer */
            if (l > 0) {
                memcpy(x, h_at(net, shard, l - 1, t), (size_t)cell.inputs * sizeof(float));
            }
            step.rows = 1;
            step.xh = x;
            net->type->forward(&cell, &step);
        }
    }
    for (int t = 0; t < steps; t++) {
        for (int l = 0; l < layers; l++) {
            struct cell_step step = step_of(net, shard, l, t);
            spread(step.gates, shard->rows, net->type->states * net->hidden);
            spread(step.h, shard->rows, net->hidden);
            if (net->type->has_cell_state) {
                spread(step.c, shard->rows, net->hidden);
                spread(step.tanh_c, shard->rows, net->hidden);
            }
        }
    }
}

/* Of the `blank` first steps, how many need not be made: the pass before, of one row as well, left them. */
static int kept_steps(const struct network *net, const struct shard *shard, int blank) {
    if (shard->index > 0) {
        return 0;
    }
    int is_one = shard->rows == 1 && !shard->dropout;
    int kept = *net->kept < blank ? *net->kept : blank;
    *net->kept = is_one ? blank : 0;
    return is_one ? kept : 0;
}

void network_forget(const struct network *network) {
    *network->kept = 0;
}

void network_forward(const struct network *network, const struct shard *shard) {
    int layers = network->config.layers, last = network->steps - 1;
    int shared = shard->dropout ? 1 : layers; /* above the first layer every row has its own mask */
    find_activity(network, shard);
    for (int l = 0; l < layers; l++) {
        clear_first_state(network, shard, l);
    }
    int blank = blank_steps(network, shard);
    int kept = kept_steps(network, shard, blank);
    blank = shard->rows > 1 ? blank : 0; /* those to be shared */
    forward_blank(network, shard, blank, shared);
    for (int t = kept; t <= last; t++) {
        for (int l = 0; l < layers; l++) {
            struct cell cell = cell_of(network, l);
            struct cell_step step = step_of(network, shard, l, t);
            if (t >= blank || l >= shared) {
                network->type->forward(&cell, &step);
            }
            if (l + 1 < layers) {
                pass_up(network, shard, l, t, step.h);
            }
        }
    }
    network_answer(network, shard, last);
}

/* What the output layer reads after step t. */
static const float *answer_at(const struct network *net, const struct shard *shard, int t) {
    const float *h = h_at(net, shard, net->config.layers - 1, t);
    return shard->dropout ? shard->dropout->output : h;
}

void network_answer(const struct network *network, const struct shard *shard, int t) {
    int top = network->config.layers - 1;
    if (shard->dropout) {
        dropout_apply(shard->dropout->output, h_at(network, shard, top, t),
                      dropout_mask(shard->dropout, top, t, shard->rows),
                      (size_t)shard->rows * (size_t)network->hidden);
    }
    kernel_gemm(network_logits(network, shard), answer_at(network, shard, t),
                network->parameters + network->output_weight,
                network->parameters + network->output_bias, KERNEL_START_BIAS, shard->rows,
                network->classes, 0, network->hidden, network->hidden);
}

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
        struct cell cell = cell_of(net, l);
        struct cell_step step = step_of(net, shard, l, t);
        float *whole = shard_at(net->layers[l].dc, shard, 1, net->hidden, 0) +
                       (size_t)net->config.batch * (size_t)net->hidden;
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
    struct cell cell = cell_of(net, l);
    struct cell_run run = {.rows = shard->rows,
                           .steps = net->steps,
                           .spans = l == 0 ? net->activity[shard->index].steps : NULL,
                           .xh = xh_at(net, shard, l, 0),
                           .gates = gates_at(net, shard, l, 0),
                           .c = c_at(net, shard, l, -1),
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
    net->type->backward(cell, step, dh_of(net, shard, l), dc_of(net, shard, l), dx);
    dropout_add(dh_of(net, shard, l - 1), dx, dropout_mask(shard->dropout, l - 1, t, shard->rows),
                count);
}

/* From dL/dh of the last layer's last step, in its dh, back to the first step. Leaves dL/d(gate inputs)
 * of all steps. flow: where to add norms, or NULL. */
static void back_through_time(const struct network *net, const struct shard *shard,
                              const struct gradient_flow *flow) {
    int layers = net->config.layers;
    float *dx = shard_at(net->dx, shard, 1, net->layers[0].inputs, 0);
    size_t dx_bytes = (size_t)shard->rows * (size_t)net->layers[0].inputs * sizeof(float);
    for (int t = net->steps - 1; t >= 0; t--) {
        memset(dx, 0, flow ? dx_bytes : 0);
        for (int l = layers - 1; l >= 0; l--) {
            struct cell cell = cell_of(net, l);
            struct cell_step step = step_of(net, shard, l, t);
            float *dh = dh_of(net, shard, l), *dc = dc_of(net, shard, l);
            if (flow) {
                flow_of_state(net, shard, l, t, dh, dc, flow);
            }
            float *below = l > 0 ? dh_of(net, shard, l - 1) : flow ? dx : NULL;
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
    if (shard->index == 0) {
        network_forget(net);
    }
    int h = net->hidden, layers = net->config.layers;
    size_t bytes = (size_t)shard->rows * (size_t)h * sizeof(float);
    for (int l = 0; l < layers; l++) {
        memset(dh_of(net, shard, l), 0, bytes);
        if (net->type->has_cell_state) {
            memset(dc_of(net, shard, l), 0, bytes);
        }
    }
    kernel_gemm(dh_of(net, shard, layers - 1), network_logits(net, shard), net->output_t, NULL,
                KERNEL_START_ZERO, shard->rows, h, 0, net->classes, net->classes);
    if (shard->dropout) {
        float *dh = dh_of(net, shard, layers - 1);
        dropout_apply(dh, dh, dropout_mask(shard->dropout, layers - 1, net->steps - 1, shard->rows),
                      bytes / sizeof(float));
    }
}

void network_backward(const struct network *network, const struct shard *shard) {
    int h = network->hidden, layers = network->config.layers;
    float *grad = network->gradients + (size_t)shard->index * network->parameter_floats;
    memset(grad, 0, network->parameter_floats * sizeof(float));
    const float *dlogits = network_logits(network, shard);
    kernel_gemm_tn(grad + network->output_weight, answer_at(network, shard, network->steps - 1),
                   dlogits, NULL, shard->rows, network->classes, h, h, 1, 0, 0);
    kernel_column_sum(grad + network->output_bias, dlogits, shard->rows, network->classes, 1, 0);
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
