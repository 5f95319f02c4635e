/* Fits a distorted picture of a digit into its place, as image.h does with drawings: the ink's box is as large as
 * MNIST's, its centre of mass in the middle, moved by whole pixels. */
#ifndef LSTM_FIT_H
#define LSTM_FIT_H

enum { FIT_MAX_SIDE = 256 };

static const float FIT_EDGE = 0.4f; /* as much ink is a stroke's edge */

/* The new picture's pixel i lies at first + step (i + 1/2), in pixels of the distorted plane. */
struct axis {
    float first, step;
};

/* axes[0] across, axes[1] down. In: where the pixels of `seen` (rows x columns, a first look) lie; out: where those of
 * the fitted picture lie, whose strokes' edges will then move outwards by `thickness` pixels. */
void fit_axes(struct axis axes[2], const float *seen, float thickness, int rows, int columns);

static inline float fit_least(float a, float b) {
    return a < b ? a : b;
}

static inline float fit_greatest(float a, float b) {
    return a > b ? a : b;
}

static inline float fit_clamp(float x, float from, float to) {
    return fit_least(fit_greatest(x, from), to);
}

#endif
