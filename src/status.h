/* Status codes: what a call that can fail returns. web/lib/errors.js gives each one its message. */
#ifndef LSTM_STATUS_H
#define LSTM_STATUS_H

enum lstm_status {
    LSTM_OK = 0,
    LSTM_BAD_CONFIG = 1, /* a size or option is out of its range (ranges: network.h, trainer.h) */
    LSTM_OUT_OF_MEMORY = 2, /* the workspace does not fit; nothing was kept */
    LSTM_BAD_ARGUMENT = 3,  /* a count or an index is out of range */
    LSTM_BAD_LABEL = 4,     /* a label is not in 0..classes-1, nor DATASET_NO_CLASS */
    LSTM_NOT_FINITE = 5,    /* a weight or an input is NaN or infinite */
    LSTM_DIVERGED = 6,      /* the loss is no longer a number; the weights before it are kept */
    LSTM_WORKER_LOST = 7, /* a thread was lost (parallel.h); the weights are as before the batch */
};

#endif
