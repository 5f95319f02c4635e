#include "stray.h"

#include <math.h>
#include <string.h>

#include "segment.h"

enum { MOST_DOTS = 8 };

/* In units of the longest stroke's longer side. */
static const float DOT = 0.1f;       /* a dot is no larger: taps wobble */
static const float ALONE = 1.0f / 6; /* nothing else is nearer: the keyboard's dots make lines */

/* A dot: which stroke, and its first point. */
struct dot {
    int stroke, alone;
    const float *at;
};

static float longer_side(const float *points, int count) {
    float left = points[0], right = left, top = points[1], bottom = top;
    for (int i = 1; i < count; i++) {
        left = fminf(left, points[2 * i]);
        right = fmaxf(right, points[2 * i]);
        top = fminf(top, points[2 * i + 1]);
        bottom = fmaxf(bottom, points[2 * i + 1]);
    }
    return fmaxf(right - left, bottom - top);
}

/* Fills dots[MOST_DOTS] and *longest; -1: more dots than that, or an eraser. */
static int find_dots(struct dot *dots, float *longest, const float *points,
                     const struct stroke *strokes, int stroke_count) {
    const float *p = points;
    *longest = 0.0f;
    for (int s = 0; s < stroke_count; p += 2 * (size_t)strokes[s].points, s++) {
        if (strokes[s].eraser) {
            return -1;
        }
        *longest = fmaxf(*longest, longer_side(p, strokes[s].points));
    }
    int count = 0;
    p = points;
    for (int s = 0; s < stroke_count; p += 2 * (size_t)strokes[s].points, s++) {
        if (longer_side(p, strokes[s].points) > DOT * *longest) {
            continue;
        }
        if (count == MOST_DOTS) {
            return -1;
        }
        dots[count++] = (struct dot){s, 1, p};
    }
    return count;
}

static int is_alone(const struct dot *dots, int dot_count, int s) {
    for (int d = 0; d < dot_count; d++) {
        if (dots[d].stroke == s) {
            return dots[d].alone;
        }
    }
    return 0;
}

/* Whether a stroke that is not alone passes within `reach` of the dot. */
static int is_near(const struct dot *dot, float reach, const struct dot *dots, int dot_count,
                   const float *points, const struct stroke *strokes, int stroke_count) {
    const float *p = points;
    for (int s = 0; s < stroke_count; p += 2 * (size_t)strokes[s].points, s++) {
        if (is_alone(dots, dot_count, s)) {
            continue;
        }
        for (int i = 0; i < strokes[s].points; i++) {
            const float *b = p + 2 * (size_t)i, *a = i > 0 ? b - 2 : b;
            if (squared_distance(dot->at[0], dot->at[1], a, b) <= reach * reach) {
                return 1;
            }
        }
    }
    return 0;
}

int stray_leave_out(float *kept_points, struct stroke *kept, const float *points,
                    const struct stroke *strokes, int stroke_count) {
    struct dot dots[MOST_DOTS];
    float longest;
    int count = find_dots(dots, &longest, points, strokes, stroke_count);
    if (count == stroke_count) {
        count = 0; /* dots only */
    }
    /* A dot beside one that belongs to the drawing belongs to it as well. */
    for (int changed = count > 0; changed;) {
        changed = 0;
        for (int d = 0; d < count; d++) {
            if (dots[d].alone &&
                is_near(dots + d, ALONE * longest, dots, count, points, strokes, stroke_count)) {
                dots[d].alone = 0;
                changed = 1;
            }
        }
    }
    int left = 0;
    for (int s = 0; s < stroke_count; s++) {
        size_t own = 2 * (size_t)strokes[s].points;
        if (!is_alone(dots, count, s)) {
            memcpy(kept_points, points, own * sizeof(float));
            kept_points += own;
            kept[left++] = strokes[s];
        }
        points += own;
    }
    return left;
}
