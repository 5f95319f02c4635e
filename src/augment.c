#include "augment.h"

#include <stdlib.h>
#include <string.h>

static const float PI = 3.14159265f;
static const float BOX = 20.0f / 28.0f;  /* of the side: what MNIST's digits are fitted into */
static const float EDGE = 0.4f;          /* as much ink is a stroke's edge */
static const float OVERVIEW = 1.25f;     /* the first look is that much wider than the picture */
static const float SPLINE_RMS = 0.4794f; /* of a field of knots of deviation 1: 151 / 315 */
static const float SQRT_3 = 1.7320508f;  /* half the width of an even distribution of deviation 1 */

/* What is drawn for a picture. */
struct distortion {
    float matrix[4]; /* new to old, about the middle */
    float shift_x, shift_y, thickness, gain;
};

/* The new picture's pixel i lies at first + step (i + 1/2), in pixels of the distorted plane. */
struct axis {
    float first, step;
};

/* Working memory, carved. */
struct work {
    int knot_rows, knot_columns;
    float *paper;           /* [rows + 2][columns + 2]: the old picture with a margin */
    float *knots_x;         /* [knot_rows][knot_columns]: displacement, pixels */
    float *knots_y;         /* the same */
    float *line_x, *line_y; /* [knot_columns]: the knots, interpolated at one row */
    float *taps;            /* [columns][4]: a column's weights of its knots */
    int *first_knot;        /* [columns] */
    float *copy;            /* [rows][columns] */
};

/* ---- memory ---- */

static float *take(float *memory, size_t *used, int floats) {
    float *at = memory ? memory + *used : NULL;
    *used += (size_t)floats;
    return at;
}

/* memory NULL: only counts. */
static size_t carve(struct work *work, float *memory, const struct augment_options *options,
                    int rows, int columns) {
    _Static_assert(sizeof(int) == sizeof(float), "first_knot lies among floats");
    size_t used = 0;
    work->knot_rows = (int)((float)rows / options->smoothness) + 4;
    work->knot_columns = (int)((float)columns / options->smoothness) + 4;
    work->paper = take(memory, &used, (rows + 2) * (columns + 2));
    work->knots_x = take(memory, &used, work->knot_rows * work->knot_columns);
    work->knots_y = take(memory, &used, work->knot_rows * work->knot_columns);
    work->line_x = take(memory, &used, work->knot_columns);
    work->line_y = take(memory, &used, work->knot_columns);
    work->taps = take(memory, &used, 4 * columns);
    work->first_knot = (int *)(void *)take(memory, &used, columns);
    work->copy = take(memory, &used, rows * columns);
    return used;
}

size_t augment_floats(const struct augment_options *options, int rows, int columns) {
    struct work work;
    return carve(&work, NULL, options, rows, columns);
}

static int in_range(float value, float least, float greatest) {
    return value >= least && value <= greatest; /* false for NaN */
}

int augment_options_are_good(const struct augment_options *options) {
    return in_range(options->share, 0.0f, 1.0f) && in_range(options->rotation, 0.0f, 90.0f) &&
           in_range(options->scale, 0.0f, 1.0f) && in_range(options->shear, 0.0f, 1.0f) &&
           in_range(options->shift, 0.0f, 16.0f) && in_range(options->elastic, 0.0f, 16.0f) &&
           in_range(options->smoothness, 2.0f, 64.0f) && in_range(options->thickness, 0.0f, 1.0f) &&
           in_range(options->contrast, 0.0f, 16.0f) &&
           (options->fit == 0.0f || options->fit == 1.0f);
}

/* ---- what is drawn ---- */

static float least(float a, float b) {
    return a < b ? a : b;
}

static float greatest(float a, float b) {
    return a > b ? a : b;
}

static float clamp(float x, float from, float to) {
    return least(greatest(x, from), to);
}

/* Evenly from -range to range. */
static float draw(struct rng *rng, float range) {
    return (2.0f * rng_uniform(rng) - 1.0f) * range;
}

static float draw_factor(struct rng *rng, float range) {
    float x = draw(rng, range);
    return x >= 0.0f ? 1.0f + x : 1.0f / (1.0f - x);
}

/* Taylor series, within 2e-4 up to a right angle; what is left out is a slight change of scale. */
static void sine_and_cosine(float *sine, float *cosine, float x) {
    float s = x * x;
    *sine = x * (1.0f - s / 6.0f * (1.0f - s / 20.0f * (1.0f - s / 42.0f)));
    *cosine = 1.0f - s / 2.0f * (1.0f - s / 12.0f * (1.0f - s / 30.0f * (1.0f - s / 56.0f)));
}

static struct distortion draw_distortion(struct rng *rng, const struct augment_options *options) {
    struct distortion drawn;
    float sine, cosine;
    sine_and_cosine(&sine, &cosine, draw(rng, options->rotation) * (PI / 180.0f));
    float shear = draw(rng, options->shear);
    float x = draw_factor(rng, options->scale), y = draw_factor(rng, options->scale);
    drawn.matrix[0] = cosine * x;
    drawn.matrix[1] = (cosine * shear - sine) * y;
    drawn.matrix[2] = sine * x;
    drawn.matrix[3] = (sine * shear + cosine) * y;
    drawn.shift_x = draw(rng, options->shift);
    drawn.shift_y = draw(rng, options->shift);
    drawn.thickness = draw(rng, options->thickness);
    drawn.gain = 1.0f + rng_uniform(rng) * options->contrast;
    return drawn;
}

static void draw_knots(const struct work *work, struct rng *rng, float deviation) {
    float range = deviation * (SQRT_3 / SPLINE_RMS);
    for (int i = 0; i < work->knot_rows * work->knot_columns; i++) {
        work->knots_x[i] = draw(rng, range);
        work->knots_y[i] = draw(rng, range);
    }
}

/* ---- the displaced picture ---- */

/* The four knots around a place and their weights in the uniform cubic B-spline. */
static int spline_taps(float taps[4], float place, float spacing, int knots) {
    float at = clamp(place / spacing, 0.0f, (float)(knots - 4) + 0.999f);
    int first = (int)at;
    float f = at - (float)first, g = 1.0f - f;
    taps[0] = g * g * g / 6.0f;
    taps[1] = (4.0f - 3.0f * f * f * (2.0f - f)) / 6.0f;
    taps[2] = (4.0f - 3.0f * g * g * (2.0f - g)) / 6.0f;
    taps[3] = f * f * f / 6.0f;
    return first;
}

/* The knots' lines at one row. */
static void interpolate_line(const struct work *work, float place, float spacing) {
    float taps[4];
    size_t columns = (size_t)work->knot_columns;
    size_t first = (size_t)spline_taps(taps, place, spacing, work->knot_rows) * columns;
    for (size_t i = 0; i < columns; i++) {
        float x = 0.0f, y = 0.0f;
        for (size_t k = 0; k < 4; k++) {
            x += taps[k] * work->knots_x[first + k * columns + i];
            y += taps[k] * work->knots_y[first + k * columns + i];
        }
        work->line_x[i] = x;
        work->line_y[i] = y;
    }
}

/* The old picture at (x, y), in pixels from its corner; paper around it. */
static float sample(const float *paper, float x, float y, int rows, int columns) {
    x = clamp(x + 0.5f, 0.0f, (float)columns + 0.999f);
    y = clamp(y + 0.5f, 0.0f, (float)rows + 0.999f);
    int left = (int)x, top = (int)y;
    float fx = x - (float)left, fy = y - (float)top;
    const float *at = paper + top * (columns + 2) + left, *below = at + columns + 2;
    float upper = at[0] + fx * (at[1] - at[0]), lower = below[0] + fx * (below[1] - below[0]);
    return upper + fy * (lower - upper);
}

static void look_up(float *out, const struct work *work, const float matrix[4], float spacing,
                    const struct axis axes[2], int rows, int columns) {
    float middle_x = (float)columns / 2.0f, middle_y = (float)rows / 2.0f;
    for (int x = 0; x < columns; x++) {
        float place = axes[0].first + axes[0].step * ((float)x + 0.5f);
        work->first_knot[x] = spline_taps(work->taps + 4 * x, place, spacing, work->knot_columns);
    }
    for (int y = 0; y < rows; y++) {
        float down = axes[1].first + axes[1].step * ((float)y + 0.5f);
        interpolate_line(work, down, spacing);
        down -= middle_y;
        for (int x = 0; x < columns; x++) {
            float across = axes[0].first + axes[0].step * ((float)x + 0.5f) - middle_x;
            float from_x = middle_x + matrix[0] * across + matrix[1] * down;
            float from_y = middle_y + matrix[2] * across + matrix[3] * down;
            const float *taps = work->taps + 4 * x;
            int knot = work->first_knot[x];
            for (int k = 0; k < 4; k++) {
                from_x += taps[k] * work->line_x[knot + k];
                from_y += taps[k] * work->line_y[knot + k];
            }
            out[y * columns + x] = sample(work->paper, from_x, from_y, rows, columns);
        }
    }
}

/* ---- fitting ---- */

/* Where the ink of a row of maxima begins, in pixels: its first crossing of EDGE. Walks from `at` by `step`;
 * count when there is none. */
static float crossing(const float *most, int count, int at, int step) {
    float last = 0.0f;
    for (int i = 0; i < count; i++, at += step) {
        if (most[at] >= EDGE) {
            return (float)i + 0.5f - (most[at] - EDGE) / (most[at] - last);
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
    float most[AUGMENT_MAX_SIDE];
    float mass = 0.0f, moment = 0.0f;
    for (int i = 0; i < count; i++) {
        float sum = 0.0f;
        most[i] = 0.0f;
        for (int k = 0; k < others; k++) {
            float value = ink[i * stride + k * across];
            most[i] = greatest(most[i], value);
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
    float whole = (float)(int)x;
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

/* From a first look at the distorted picture: axes on which its box is as large as MNIST's. The strokes' edges
 * will then move by `thickness`. */
static void fit_axes(struct axis axes[2], const float *seen, float thickness, int rows,
                     int columns) {
    struct extent across = measure(seen, columns, 1, rows, columns);
    struct extent down = measure(seen, rows, columns, columns, 1);
    float longest =
        greatest((across.to - across.from) * axes[0].step, (down.to - down.from) * axes[1].step);
    if (longest < 1.0f) { /* a dot or nothing */
        axes[0] = axes[1] = (struct axis){0.0f, 1.0f};
        return;
    }
    float side = (float)(rows < columns ? rows : columns);
    float scale = (side * BOX - 2.0f * thickness) / longest;
    axes[0] = fitted(&across, &axes[0], scale, thickness, columns);
    axes[1] = fitted(&down, &axes[1], scale, thickness, rows);
}

/* ---- ink ---- */

/* Each edge moves by `thickness` pixels, outwards when positive: towards the greatest or the least of a pixel and
 * its four neighbours. copy: room for a picture. */
static void thicken(float *picture, float *copy, float thickness, int rows, int columns) {
    float sign = thickness < 0.0f ? -1.0f : 1.0f, amount = thickness * sign;
    memcpy(copy, picture, (size_t)(rows * columns) * sizeof(float));
    for (int y = 0; y < rows; y++) {
        for (int x = 0; x < columns; x++) {
            const float *at = copy + y * columns + x;
            float value = sign * *at;
            float most = greatest(value, sign * (x > 0 ? at[-1] : 0.0f));
            most = greatest(most, sign * (x + 1 < columns ? at[1] : 0.0f));
            most = greatest(most, sign * (y > 0 ? at[-columns] : 0.0f));
            most = greatest(most, sign * (y + 1 < rows ? at[columns] : 0.0f));
            picture[y * columns + x] = sign * (value + amount * (most - value));
        }
    }
}

static void sharpen(float *picture, float gain, int count) {
    for (int i = 0; i < count; i++) {
        picture[i] = clamp(EDGE + (picture[i] - EDGE) * gain, 0.0f, 1.0f);
    }
}

void augment_picture(float *picture, float *memory, const struct augment_options *options, int rows,
                     int columns, struct rng rng) {
    struct work work;
    carve(&work, memory, options, rows, columns);
    if (rng_uniform(&rng) >= options->share) {
        return;
    }
    struct distortion drawn = draw_distortion(&rng, options);
    draw_knots(&work, &rng, options->elastic);
    memset(work.paper, 0, (size_t)((rows + 2) * (columns + 2)) * sizeof(float));
    for (int y = 0; y < rows; y++) {
        memcpy(work.paper + (y + 1) * (columns + 2) + 1, picture + y * columns,
               (size_t)columns * sizeof(float));
    }
    struct axis axes[2] = {{0.0f, 1.0f}, {0.0f, 1.0f}};
    if (options->fit > 0.0f) {
        float margin = (OVERVIEW - 1.0f) / 2.0f;
        axes[0] = (struct axis){-margin * (float)columns, OVERVIEW};
        axes[1] = (struct axis){-margin * (float)rows, OVERVIEW};
        look_up(work.copy, &work, drawn.matrix, options->smoothness, axes, rows, columns);
        fit_axes(axes, work.copy, drawn.thickness, rows, columns);
    }
    axes[0].first -= drawn.shift_x * axes[0].step;
    axes[1].first -= drawn.shift_y * axes[1].step;
    look_up(picture, &work, drawn.matrix, options->smoothness, axes, rows, columns);
    if (drawn.thickness != 0.0f) {
        thicken(picture, work.copy, drawn.thickness, rows, columns);
    }
    if (drawn.gain != 1.0f) {
        sharpen(picture, drawn.gain, rows * columns);
    }
}

enum lstm_status augment_sequence(float *picture, const struct augment_options *options, int rows,
                                  int columns, uint32_t seed, uint32_t epoch, uint32_t sequence) {
    if (!augment_options_are_good(options)) {
        return LSTM_BAD_CONFIG;
    }
    if (rows < 1 || columns < 1 || rows > AUGMENT_MAX_SIDE || columns > AUGMENT_MAX_SIDE) {
        return LSTM_BAD_ARGUMENT;
    }
    float *work = malloc(augment_floats(options, rows, columns) * sizeof(float));
    if (!work) {
        return LSTM_OUT_OF_MEMORY;
    }
    augment_picture(picture, work, options, rows, columns,
                    rng_stream(seed, epoch, sequence, RNG_AUGMENT));
    free(work);
    return LSTM_OK;
}
