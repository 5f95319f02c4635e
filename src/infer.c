#include "infer.h"

#include <string.h>

#include "quantise.h"
#include "shards.h"

/* A shard being read. Its rows stand in the order in which their first ink comes; those whose ink has not come
 * yet are not in the arrays. */
struct reading {
    const struct network *network;
    const struct shard *shard;
    int rows; /* in the arrays: the first ones of the order */
    int turn; /* 0 or 1: which of two steps' arrays holds the last state */
};

/* ---- where things lie: arrays of the shard, as of its first steps ---- */

static float *x_of(const struct reading *reading, int l, int turn) {
    return shard_xh(reading->network, reading->shard, l, turn);
}

static float *h_of(const struct reading *reading, int l, int turn) {
    return x_of(reading, l, turn) +
           (size_t)reading->network->layers[l].inputs * (size_t)reading->rows;
}

static float *c_of(const struct reading *reading, int l, int turn) {
    return shard_c(reading->network, reading->shard, l, turn - 1);
}

/* h after `steps` blank steps; c follows it. */
static float *known_h(const struct network *net, int steps, int l) {
    size_t at = (size_t)steps * (size_t)net->config.layers + (size_t)l;
    return net->known + at * 2 * (size_t)net->hidden;
}

/* The shard's part of the room for activations in 8 bits. */
static struct cell_quantised quantised_of(const struct reading *reading) {
    const struct network *net = reading->network;
    const struct cell_quantised *all = &net->quantised;
    size_t first = (size_t)reading->shard->first;
    return net->is_quantised ? (struct cell_quantised){all->a + first * (size_t)network_widest(net),
                                                       all->scale + first, all->sum + first}
                             : (struct cell_quantised){.a = NULL};
}

/* ---- steps ---- */

/* All layers of a step, with x_t of the first layer in its place. */
static void make_step(struct reading *reading, int t) {
    const struct network *net = reading->network;
    int last = reading->turn, next = 1 - last;
    for (int l = 0; l < net->config.layers; l++) {
        struct cell cell = network_cell(net, l);
        cell.kernel_q = net->is_quantised ? net->layers[l].kernel_q : NULL;
        cell.scale_q = net->layers[l].scale_q;
        if (l > 0) {
            memcpy(x_of(reading, l, last), h_of(reading, l - 1, next),
                   (size_t)cell.inputs * (size_t)reading->rows * sizeof(float));
        }
        struct cell_step step = {.rows = reading->rows,
                                 .stride = reading->rows,
                                 .first = t == 0,
                                 .is_sparse = l == 0,
                                 .xh = x_of(reading, l, last),
                                 .c_last = c_of(reading, l, last),
                                 .gates = shard_gates(net, reading->shard, l, 0),
                                 .c = c_of(reading, l, next),
                                 .tanh_c = shard_tanh_c(net, reading->shard, l, 0),
                                 .h = h_of(reading, l, next),
                                 .quantised = quantised_of(reading)};
        net->type->forward(&cell, &step);
    }
    reading->turn = next;
}

/* Quads of n columns: from `rows` to `more` rows, the new ones being `row`. */
static void add_rows(float *out, const float *x, const float *row, int rows, int more, int n) {
    for (int q = 0; q < n / 4; q++) {
        memcpy(out, x, (size_t)rows * 4 * sizeof(float));
        for (int i = rows; i < more; i++) {
            memcpy(out + (size_t)i * 4, row + (size_t)q * 4, 4 * sizeof(float));
        }
        out += (size_t)more * 4, x += (size_t)rows * 4;
    }
}

/* The rows up to `rows` join those that are read, after t blank steps. */
static void join(struct reading *reading, int rows, int t) {
    const struct network *net = reading->network;
    struct reading joined = *reading;
    joined.rows = rows;
    joined.turn = 1 - reading->turn;
    for (int l = 0; l < net->config.layers; l++) {
        const float *known = known_h(net, t, l);
        add_rows(h_of(&joined, l, joined.turn), h_of(reading, l, reading->turn), known,
                 reading->rows, rows, net->hidden);
        if (net->type->has_cell_state) {
            add_rows(c_of(&joined, l, joined.turn), c_of(reading, l, reading->turn),
                     known + net->hidden, reading->rows, rows, net->hidden);
        }
    }
    *reading = joined;
}

/* ---- blank first steps ---- */

static int blank_steps(const struct network *net, const struct dataset *dataset, int sequence) {
    return dataset_blank_steps(dataset, sequence, network_known_room(net));
}

void infer_prepare(const struct network *network, const struct dataset *dataset, int first,
                   int rows) {
    if (network->is_quantised && !*network->has_weights_q) {
        quantise_weights(network);
        *network->has_weights_q = 1;
    }
    int needed = 0, known = *network->known_steps;
    for (int i = 0; i < rows; i++) {
        int blank = blank_steps(network, dataset, first + i);
        needed = blank > needed ? blank : needed;
    }
    if (needed <= known) {
        return;
    }
    const struct shard shard = {.rows = 1};
    struct reading reading = {.network = network, .shard = &shard};
    join(&reading, 1, known);
    for (int t = known; t < needed; t++) {
        memset(x_of(&reading, 0, reading.turn), 0,
               (size_t)network->layers[0].inputs * sizeof(float));
        make_step(&reading, t);
        for (int l = 0; l < network->config.layers; l++) {
            size_t bytes = (size_t)network->hidden * sizeof(float);
            float *h = known_h(network, t + 1, l);
            memcpy(h, h_of(&reading, l, reading.turn), bytes);
            if (network->type->has_cell_state) {
                memcpy(h + network->hidden, c_of(&reading, l, reading.turn), bytes);
            }
        }
    }
    *network->known_steps = needed;
}

void network_forget(const struct network *network) {
    *network->known_steps = 0; /* after none all states are zero, whatever the parameters */
    *network->has_weights_q = 0;
}

/* ---- answers ---- */

struct order {
    int count[NETWORK_KNOWN_STEPS + 1]; /* rows that have joined before or at a step */
    uint32_t sequence[NETWORK_MAX_SHARD_ROWS];
};

/* Sorts the shard's sequences, from `first` on, by their blank first steps. */
static void find_order(struct order *order, const struct network *net, const struct shard *shard,
                       const struct dataset *dataset, int first) {
    struct dataset_row rows[NETWORK_MAX_SHARD_ROWS];
    for (int i = 0; i < shard->rows; i++) {
        rows[i] = (struct dataset_row){.sequence = (uint32_t)(first + i),
                                       .blank = blank_steps(net, dataset, first + i)};
    }
    dataset_sort(rows, shard->rows);
    for (int i = 0; i < shard->rows; i++) {
        order->sequence[i] = rows[i].sequence;
    }
    for (int t = 0, joined = 0; t <= NETWORK_KNOWN_STEPS; t++) {
        while (joined < shard->rows && rows[joined].blank <= t) {
            joined++;
        }
        order->count[t] = joined;
    }
}

/* Puts step t of the rows that are read into the first layer's x. */
static void read_step(const struct reading *reading, const struct dataset *dataset,
                      const uint32_t *sequences, int t) {
    dataset_gather(x_of(reading, 0, reading->turn), dataset, sequences, 0, reading->rows, t);
}

/* The output layer, its rows in the shard's own order again. */
static void answer(const struct reading *reading, const struct order *order, int first) {
    const struct network *net = reading->network;
    int top = net->config.layers - 1, rows = reading->rows;
    const float *h = h_of(reading, top, reading->turn);
    float *sorted = x_of(reading, top, 1 - reading->turn);
    for (int q = 0; q < net->hidden / 4; q++) {
        for (int i = 0; i < rows; i++) {
            int row = (int)order->sequence[i] - first;
            memcpy(sorted + ((size_t)q * (size_t)rows + (size_t)row) * 4,
                   h + ((size_t)q * (size_t)rows + (size_t)i) * 4, 4 * sizeof(float));
        }
    }
    kernel_gemm(network_logits(net, reading->shard), sorted, net->parameters + net->output_weight,
                net->parameters + net->output_bias, KERNEL_START_BIAS, rows, rows, net->classes, 0,
                net->hidden, net->hidden, 0);
}

void infer_answers(const struct network *network, const struct shard *shard,
                   const struct dataset *dataset, int first) {
    struct reading reading = {.network = network, .shard = shard};
    struct order order;
    first += shard->first;
    find_order(&order, network, shard, dataset, first);
    for (int t = 0; t <= network->steps; t++) {
        int rows = t < NETWORK_KNOWN_STEPS ? order.count[t] : shard->rows;
        if (rows > reading.rows) {
            join(&reading, rows, t);
        }
        if (rows > 0 && t < network->steps) {
            read_step(&reading, dataset, order.sequence, t);
            make_step(&reading, t);
        }
    }
    answer(&reading, &order, first);
}
