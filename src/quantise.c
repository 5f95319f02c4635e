#include "quantise.h"

#include <math.h>

int quantise_fits(const struct network *network) {
    return network->type->has_cell_state;
}

/* One column of a kernel of k rows, as it lies in panels. */
static void quantise_column(kernel_q *q, float *scale, const float *w, int k) {
    const int group = KERNEL_Q_GROUP;
    float most = 0.0f;
    for (int p = 0; p < k; p++) {
        most = fmaxf(most, fabsf(w[p * 8]));
    }
    *scale = most / (float)KERNEL_Q_WEIGHT;
    for (int p = 0; p < k; p++) {
        float whole = most > 0.0f ? rintf(w[p * 8] * ((float)KERNEL_Q_WEIGHT / most)) : 0.0f;
        q[p / group * 8 * group + p % group] = (kernel_q)(whole + (float)KERNEL_Q_ZERO);
    }
}

void quantise_weights(const struct network *network) {
    for (int l = 0; l < network->config.layers; l++) {
        const struct layer *layer = &network->layers[l];
        const float *kernel = network->parameters + layer->kernel;
        int k = layer->kernel_rows;
        for (int col = 0; col < network->type->gates * network->hidden; col++) {
            size_t panel = (size_t)(col / 8) * 8 * (size_t)k, place = (size_t)(col % 8);
            quantise_column(layer->kernel_q + panel + place * KERNEL_Q_GROUP, &layer->scale_q[col],
                            kernel + panel + place, k);
        }
    }
}
