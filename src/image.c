#include "image.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "segment.h"
#include "stray.h"

enum {
    FINE = 8,                /* the fine grid's pixels to one of the digit's */
    GRID = DIGIT_SIDE * FINE /* its side */
};

static const float PEN_DIAMETER = 2.3f;  /* gives drawings MNIST's mean mass of ink */
static const float SMALLEST_BOX = 0.02f; /* a drawing smaller than this (of the canvas) is a dot */
static const float VISIBLE = 0.5f / 255.0f; /* less ink than this is paper */

struct box {
    float left, top, right, bottom; /* empty when right <= left */
};

/* From canvas units to the fine grid: grid = canvas * scale + (dx, dy). */
struct transform {
    float scale, dx, dy;
    float pen; /* the pen's radius in the grid; < 0: the stroke's own */
};

/* ---- strokes to ink ---- */

static int clamp_to_grid(float x) {
    return (int)fminf(fmaxf(x, 0.0f), (float)GRID);
}

/* Covers a segment with a round nib, its edge one pixel soft. */
static void cover_segment(float *ink, const float a[2], const float b[2], float radius,
                          int eraser) {
    float reach = radius + 1.0f;
    int x0 = clamp_to_grid(fminf(a[0], b[0]) - reach),
        x1 = clamp_to_grid(fmaxf(a[0], b[0]) + reach + 1.0f);
    int y0 = clamp_to_grid(fminf(a[1], b[1]) - reach),
        y1 = clamp_to_grid(fmaxf(a[1], b[1]) + reach + 1.0f);
    for (int y = y0; y < y1; y++) {
        for (int x = x0; x < x1; x++) {
            float squared = squared_distance((float)x + 0.5f, (float)y + 0.5f, a, b);
            if (squared >= (radius + 0.5f) * (radius + 0.5f)) {
                continue;
            }
            float cover = fminf(radius + 0.5f - sqrtf(squared), 1.0f);
            float *pixel = ink + y * GRID + x;
            *pixel = eraser ? fminf(*pixel, 1.0f - cover) : fmaxf(*pixel, cover);
        }
    }
}

static void render(float *ink, const float *points, const struct stroke *strokes, int stroke_count,
                   const struct transform *to) {
    memset(ink, 0, GRID * GRID * sizeof(float));
    for (int s = 0; s < stroke_count; s++) {
        float own = strokes[s].radius * to->scale;
        float radius = strokes[s].eraser || to->pen < 0.0f ? own : to->pen;
        for (int i = 0; i < strokes[s].points; i++) {
            const float *b = points + 2 * i, *a = i > 0 ? b - 2 : b;
            float from[2] = {a[0] * to->scale + to->dx, a[1] * to->scale + to->dy};
            float dest[2] = {b[0] * to->scale + to->dx, b[1] * to->scale + to->dy};
            cover_segment(ink, from, dest, radius, strokes[s].eraser);
        }
        points += 2 * strokes[s].points;
    }
}

/* ---- where the ink is ---- */

static struct box ink_box(const float *ink, int width, int height) {
    struct box box = {(float)width, (float)height, 0.0f, 0.0f};
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            if (ink[y * width + x] >= VISIBLE) {
                box.left = fminf(box.left, (float)x);
                box.right = fmaxf(box.right, (float)(x + 1));
                box.top = fminf(box.top, (float)y);
                box.bottom = fmaxf(box.bottom, (float)(y + 1));
            }
        }
    }
    return box;
}

/* The box of the pen's centre lines, in canvas units. Where something was rubbed out, what is left
 * is found by drawing it thinly. */
static struct box line_box(float *ink, const float *points, const struct stroke *strokes,
                           int stroke_count) {
    struct box box = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    int erased = 0;
    const float *p = points;
    for (int s = 0; s < stroke_count; s++) {
        for (int i = 0; i < strokes[s].points; i++, p += 2) {
            if (!strokes[s].eraser) {
                box.left = fminf(box.left, p[0]);
                box.right = fmaxf(box.right, p[0]);
                box.top = fminf(box.top, p[1]);
                box.bottom = fmaxf(box.bottom, p[1]);
            }
        }
        erased |= strokes[s].eraser;
    }
    if (!erased || box.right < box.left) {
        return box;
    }
    struct transform to = {(float)GRID, 0.0f, 0.0f, 0.75f};
    render(ink, points, strokes, stroke_count, &to);
    struct box left = ink_box(ink, GRID, GRID);
    if (left.right <= left.left) {
        return (struct box){INFINITY, INFINITY, -INFINITY, -INFINITY};
    }
    float pixel = 1.0f / (float)GRID;
    return (struct box){(left.left + 0.5f) * pixel, (left.top + 0.5f) * pixel,
                        (left.right - 0.5f) * pixel, (left.bottom - 0.5f) * pixel};
}

/* ---- ink to digit ---- */

/* Adds to out[0..n-1] the averages of the source's interval [from, to), cut into n equal parts;
 * what lies outside 0..length counts as paper. Strides in floats. */
static void average_parts(float *out, int out_stride, int n, const float *in, int in_stride,
                          int length, float from, float to) {
    float part = (to - from) / (float)n;
    for (int i = 0; i < n; i++) {
        float start = from + part * (float)i, end = start + part, sum = 0.0f;
        int first = start > 0.0f ? (int)start : 0;
        for (int x = first; x < length && (float)x < end; x++) {
            float cover = fminf(end, (float)(x + 1)) - fmaxf(start, (float)x);
            sum += fmaxf(cover, 0.0f) * in[x * in_stride];
        }
        out[i * out_stride] = sum / part;
    }
}

/* out (side x side) = the square of the source that starts at (left, top), scaled by area. `between`:
 * room for height x side floats. */
static void scale_square(float *out, int side, float *between, const float *ink, int width,
                         int height, float left, float top, float square) {
    for (int y = 0; y < height; y++) {
        average_parts(between + y * side, 1, side, ink + (size_t)y * (size_t)width, 1, width, left,
                      left + square);
    }
    for (int x = 0; x < side; x++) {
        average_parts(out + x, side, side, between + x, side, height, top, top + square);
    }
}

static uint8_t to_byte(float ink) {
    return (uint8_t)(fminf(fmaxf(ink, 0.0f), 1.0f) * 255.0f + 0.5f);
}

/* Moves the box by whole pixels so that its centre of mass comes to pixel 14, 14, within half a
 * pixel: a half goes to 13.5, as MNIST has it. */
static void centre_by_mass(uint8_t *digit, const float *box) {
    uint8_t bytes[DIGIT_BOX * DIGIT_BOX]; /* whole numbers: a half must be exactly a half */
    int mass = 0, mx = 0, my = 0;
    for (int i = 0; i < DIGIT_BOX * DIGIT_BOX; i++) {
        bytes[i] = to_byte(box[i]);
        mass += bytes[i];
        mx += bytes[i] * (i % DIGIT_BOX);
        my += bytes[i] * (i / DIGIT_BOX);
    }
    double middle = (double)DIGIT_SIDE / 2.0 - 0.5;
    int shift_x = mass > 0 ? (int)ceil(middle - (double)mx / mass) : 0;
    int shift_y = mass > 0 ? (int)ceil(middle - (double)my / mass) : 0;
    memset(digit, 0, DIGIT_SIDE * DIGIT_SIDE);
    for (int i = 0; i < DIGIT_BOX * DIGIT_BOX; i++) {
        int x = i % DIGIT_BOX + shift_x, y = i / DIGIT_BOX + shift_y;
        if (x >= 0 && x < DIGIT_SIDE && y >= 0 && y < DIGIT_SIDE) {
            digit[y * DIGIT_SIDE + x] = bytes[i];
        }
    }
}

/* between: room for height * DIGIT_SIDE floats. */
static void digit_from_ink(uint8_t *digit, int *blank, float *between, const float *ink, int width,
                           int height, int centre) {
    float square[DIGIT_SIDE * DIGIT_SIDE];
    struct box box = ink_box(ink, width, height);
    *blank = box.right <= box.left;
    if (*blank) {
        memset(digit, 0, DIGIT_SIDE * DIGIT_SIDE);
        return;
    }
    float w = box.right - box.left, h = box.bottom - box.top;
    if (centre) {
        scale_square(square, DIGIT_BOX, between, ink, width, height, box.left, box.top,
                     fmaxf(w, h));
        centre_by_mass(digit, square);
        return;
    }
    float side = fmaxf((float)width, (float)height);
    scale_square(square, DIGIT_SIDE, between, ink, width, height, ((float)width - side) / 2.0f,
                 ((float)height - side) / 2.0f, side);
    for (int i = 0; i < DIGIT_SIDE * DIGIT_SIDE; i++) {
        digit[i] = to_byte(square[i]);
    }
}

/* ---- what is exported ---- */

static enum lstm_status check_strokes(const float *points, const struct stroke *strokes,
                                      int stroke_count) {
    if (stroke_count < 0 || stroke_count > IMAGE_MAX_STROKES) {
        return LSTM_BAD_ARGUMENT;
    }
    int total = 0;
    for (int s = 0; s < stroke_count; s++) {
        if (strokes[s].points < 1 || strokes[s].points > IMAGE_MAX_POINTS - total) {
            return LSTM_BAD_ARGUMENT;
        }
        if (!isfinite(strokes[s].radius) || strokes[s].radius < 0.0f) {
            return LSTM_NOT_FINITE;
        }
        total += strokes[s].points;
    }
    for (int i = 0; i < 2 * total; i++) {
        if (!isfinite(points[i])) {
            return LSTM_NOT_FINITE;
        }
    }
    return LSTM_OK;
}

/* The transform that brings the lines' box, widened by the pen, to 20x20 digit pixels in mid-grid. */
static struct transform fit(const struct box *box) {
    float pen = PEN_DIAMETER * (float)FINE;
    float longest = fmaxf(fmaxf(box->right - box->left, box->bottom - box->top), SMALLEST_BOX);
    float scale = ((float)(DIGIT_BOX * FINE) - pen) / longest;
    float middle = (float)GRID / 2.0f;
    return (struct transform){scale, middle - scale * (box->left + box->right) / 2.0f,
                              middle - scale * (box->top + box->bottom) / 2.0f, pen / 2.0f};
}

enum lstm_status image_read_drawing(uint8_t *digit, int *blank, const float *points,
                                    const struct stroke *strokes, int stroke_count, int centre) {
    enum lstm_status status = check_strokes(points, strokes, stroke_count);
    if (status != LSTM_OK) {
        return status;
    }
    size_t total = 0;
    for (int s = 0; s < stroke_count; s++) {
        total += (size_t)strokes[s].points;
    }
    size_t between = GRID * GRID, kept_points = between + GRID * DIGIT_SIDE;
    float *ink = malloc((kept_points + 2 * total) * sizeof(float) +
                        (size_t)stroke_count * sizeof(struct stroke));
    if (!ink) {
        return LSTM_OUT_OF_MEMORY;
    }
    struct transform to = {(float)GRID, 0.0f, 0.0f, -1.0f};
    if (centre) {
        struct stroke *kept = (struct stroke *)(ink + kept_points + 2 * total);
        stroke_count = stray_leave_out(ink + kept_points, kept, points, strokes, stroke_count);
        points = ink + kept_points;
        strokes = kept;
        struct box box = line_box(ink, points, strokes, stroke_count);
        if (box.right >= box.left) {
            to = fit(&box);
        }
    }
    render(ink, points, strokes, stroke_count, &to);
    digit_from_ink(digit, blank, ink + between, ink, GRID, GRID, centre);
    free(ink);
    return LSTM_OK;
}

enum lstm_status image_read_picture(uint8_t *digit, int *blank, const uint8_t *ink, int width,
                                    int height, int centre) {
    if (width < 1 || height < 1 || width > IMAGE_MAX_SIDE || height > IMAGE_MAX_SIDE) {
        return LSTM_BAD_ARGUMENT;
    }
    size_t pixels = (size_t)width * (size_t)height;
    float *grey = malloc((pixels + (size_t)height * DIGIT_SIDE) * sizeof(float));
    if (!grey) {
        return LSTM_OUT_OF_MEMORY;
    }
    for (size_t i = 0; i < pixels; i++) {
        grey[i] = (float)ink[i] / 255.0f;
    }
    digit_from_ink(digit, blank, grey + pixels, grey, width, height, centre);
    free(grey);
    return LSTM_OK;
}
