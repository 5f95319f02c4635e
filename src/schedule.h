/* The learning rate over a training. */
#ifndef LSTM_SCHEDULE_H
#define LSTM_SCHEDULE_H

enum schedule {
    SCHEDULE_CONSTANT = 0,
    SCHEDULE_COSINE = 1, /* from the rate down to 0 over all epochs (Loshchilov and Hutter 2017) */
    SCHEDULE_KINDS = 2,
};

/* What the rate is multiplied by when `done` (0..1) of the training is done. warm_up: over that share of the
 * training, 0 to less than 1, the rate first rises from a 25th along a cosine; the schedule has the rest. Together with
 * SCHEDULE_COSINE: the one-cycle policy (Smith and Topin 2018). */
double schedule_factor(enum schedule schedule, double warm_up, double done);

#endif
