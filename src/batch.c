#include "batch.h"

#include "infer.h"
#include "parallel.h"

/* Puts sequences index[0], index[1], ... or, with index = NULL, from `first` on into the shard's inputs. */
static void gather(const struct network *network, const struct shard *shard,
                   const struct dataset *dataset, const uint32_t *index, int first) {
    for (int t = 0; t < dataset->steps; t++) {
        dataset_gather(network_input(network, shard, t), dataset, index, first, shard->rows, t);
    }
}

void batch_read(const struct network *network, const struct shard *shard,
                const struct dataset *dataset, int first) {
    gather(network, shard, dataset, NULL, first + shard->first);
    network_forward(network, shard);
}

/* Puts the shard's sequences into the network's inputs, those with the fewest blank first steps first; so sorts its
 * part of the batch's order. */
static void read_to_train(const struct batch *batch, const struct shard *shard) {
    uint32_t *order = batch->order + shard->first, index[NETWORK_MAX_SHARD_ROWS];
    struct dataset_row rows[NETWORK_MAX_SHARD_ROWS];
    struct dataset pictures;
    int is_distorted = refine_distort(batch->refinement, shard, batch->dataset, order, &pictures);
    const struct dataset *source = is_distorted ? &pictures : batch->dataset;
    for (int i = 0; i < shard->rows; i++) {
        rows[i] = (struct dataset_row){.sequence = order[i],
                                       .place = is_distorted ? (uint32_t)i : order[i]};
        rows[i].blank = dataset_blank_steps(source, (int)rows[i].place, source->steps);
    }
    dataset_sort(rows, shard->rows);
    for (int i = 0; i < shard->rows; i++) {
        order[i] = rows[i].sequence;
        index[i] = rows[i].place;
    }
    gather(batch->network, shard, source, index, 0);
    refine_drop(batch->refinement, shard, order);
}

static int best_class(const float *logits, int row, int rows, int classes) {
    int best = 0;
    float greatest = logits[row * 4];
    for (int c = 1; c < classes; c++) {
        float z = logits[(c / 4 * rows + row) * 4 + c % 4];
        if (z > greatest) {
            best = c;
            greatest = z;
        }
    }
    return best;
}

static void run_shard(void *context, int i) {
    struct batch *batch = context;
    const struct shard *shard = &batch->shards[i];
    const struct network *net = batch->network;
    if (batch->answers_only) {
        infer_answers(net, shard, batch->dataset, batch->first);
    } else if (batch->order) {
        read_to_train(batch, shard);
        network_forward(net, shard);
    } else {
        batch_read(net, shard, batch->dataset, batch->first);
    }
    for (int row = 0; batch->predictions && row < shard->rows; row++) {
        batch->predictions[shard->first + row] =
            best_class(network_logits(net, shard), row, shard->rows, net->config.classes);
    }
    if (!batch->has_loss) {
        return;
    }
    int32_t labels[NETWORK_MAX_SHARD_ROWS];
    for (int row = 0; row < shard->rows; row++) {
        int at = shard->first + row;
        labels[row] =
            batch->dataset->labels[batch->order ? (int)batch->order[at] : batch->first + at];
    }
    batch->tallies[i] = (struct tally){0.0, 0};
    loss_gradient(network_logits(net, shard), &batch->tallies[i].loss, &batch->tallies[i].correct,
                  batch->scratch + 2 * net->config.classes * i, labels, batch->loss,
                  batch->refinement ? batch->refinement->options.label_smoothing : 0.0f,
                  1.0f / (float)batch->rows, shard->rows, net->config.classes);
    if (batch->backward) {
        network_backward(net, shard);
    }
}

enum lstm_status batch_run(struct batch *batch, struct tally *sum) {
    int count = network_shards(batch->shards, batch->rows);
    if (batch->refinement) {
        refine_begin(batch->refinement, batch->network, batch->shards, count);
    }
    if (batch->backward) {
        network_transpose_weights(batch->network, 0);
    }
    if (batch->answers_only) {
        infer_prepare(batch->network, batch->dataset, batch->first, batch->rows);
    }
    enum lstm_status status = parallel_for(batch->network->pool, count, run_shard, batch);
    if (status != LSTM_OK) {
        return status;
    }
    if (batch->backward) {
        network_reduce_gradients(batch->network, count);
    }
    for (int i = 0; batch->has_loss && i < count; i++) {
        sum->loss += batch->tallies[i].loss;
        sum->correct += batch->tallies[i].correct;
    }
    return LSTM_OK;
}
