#include "adam.h"

#include <math.h>

#include "kernels/kernels.h"

int adam_step(struct network *network, const struct adam_options *options) {
    double squares = kernel_sum_squares(network->gradients, network->parameter_floats);
    if (!isfinite(squares)) {
        return 0;
    }
    double norm = sqrt(squares);
    double t = (double)++network->adam_t;
    struct kernel_adam_step step = {
        .beta1 = options->beta1,
        .beta2 = options->beta2,
        .rate = (float)((double)options->learning_rate / (1.0 - pow((double)options->beta1, t))),
        .v_scale = (float)(1.0 / sqrt(1.0 - pow((double)options->beta2, t))),
        .epsilon = options->epsilon,
        .g_scale = options->clip_norm > 0.0f && norm > (double)options->clip_norm
                       ? (float)((double)options->clip_norm / norm)
                       : 1.0f,
    };
    float keep = 1.0f - options->learning_rate * options->weight_decay;
    for (size_t i = 0; options->weight_decay > 0.0f && i < network->parameter_floats; i++) {
        network->parameters[i] *= keep;
    }
    kernel_adam(network->parameters, network->adam_m, network->adam_v, network->gradients, &step,
                network->parameter_floats);
    network_forget(network);
    return 1;
}
