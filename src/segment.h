/* The geometry of a pen's way. */
#ifndef LSTM_SEGMENT_H
#define LSTM_SEGMENT_H

#include <math.h>

/* Of the point (x, y) from the line that joins a and b. */
static inline float squared_distance(float x, float y, const float a[2], const float b[2]) {
    float abx = b[0] - a[0], aby = b[1] - a[1];
    float length = abx * abx + aby * aby;
    float along = length > 0.0f ? ((x - a[0]) * abx + (y - a[1]) * aby) / length : 0.0f;
    along = fminf(fmaxf(along, 0.0f), 1.0f);
    float dx = x - a[0] - along * abx, dy = y - a[1] - along * aby;
    return dx * dx + dy * dy;
}

#endif
