#include "fit.h"

static const float BOX = 20.0f / 28.0f; /* of the side: what MNIST's digits are fitted into */
static const float FAR = 1e6f;          /* pixels: what is not a number becomes one */

/* Where the ink of a row of maxima begins, in pixels: its first crossing of FIT_EDGE. Walks from `at` by `step`;
 * count when there is none. */
static float crossing(const float *most, int count, int at, int step) {
    float last = 0.0f;
    for (int i = 0; i < count; i++, at += step) {
        if (most[at] >= FIT_EDGE) {
            return (float)i + 0.5f - (most[at] - FIT_EDGE) / (most[at] - last);
        }
        last = most[at];
    }
    return (float)count;
}

/* Along one axis: the ink's two edges and its centre of mass. */
struct extent {
    float from, to, centre;
};

/* stride: from one place along the axis to the next; across: from one pixel of a place to the next. */
static struct extent measure(const float *ink, int count, int stride, int others, int across) {
    float most[FIT_MAX_SIDE];
    float mass = 0.0f, moment = 0.0f;
    for (int i = 0; i < count; i++) {
        float sum = 0.0f;
        most[i] = 0.0f;
        for (int k = 0; k < others; k++) {
            float value = ink[i * stride + k * across];
            most[i] = fit_greatest(most[i], value);
            sum += value;
        }
        mass += sum;
        moment += sum * ((float)i + 0.5f);
    }
    return (struct extent){crossing(most, count, 0, 1),
                           (float)count - crossing(most, count, count - 1, -1),
                           mass > 0.0f ? moment / mass : (float)count / 2.0f};
}

static float floor_of(float x) {
    float whole = (float)(int)fit_clamp(x, -FAR, FAR);
    return whole > x ? whole - 1.0f : whole;
}

/* The new picture's axis on which the ink has its place: image.c's rule, the centre of mass moved by whole pixels. */
static struct axis fitted(const struct extent *ink, const struct axis *seen, float scale,
                          float inset, int count) {
    float from = seen->first + seen->step * ink->from;
    float centre = (seen->step * (ink->centre - ink->from)) * scale + inset - 0.5f;
    float start = -floor_of(centre - ((float)count / 2.0f - 0.5f)) + inset;
    return (struct axis){from - start / scale, 1.0f / scale};
}

void fit_axes(struct axis axes[2], const float *seen, float thickness, int rows, int columns) {
    struct extent across = measure(seen, columns, 1, rows, columns);
    struct extent down = measure(seen, rows, columns, columns, 1);
    float longest = fit_greatest((across.to - across.from) * axes[0].step,
                                 (down.to - down.from) * axes[1].step);
    if (longest < 1.0f) { /* a dot or nothing */
        axes[0] = axes[1] = (struct axis){0.0f, 1.0f};
        return;
    }
    float side = (float)(rows < columns ? rows : columns);
    float inset = fit_least(thickness, side * BOX / 4.0f);
    float scale = (side * BOX - 2.0f * inset) / longest;
    axes[0] = fitted(&across, &axes[0], scale, inset, columns);
    axes[1] = fitted(&down, &axes[1], scale, inset, rows);
}
