/* Finds taps of the pen beside a drawing that do not belong to it. */
#ifndef LSTM_STRAY_H
#define LSTM_STRAY_H

#include "image.h"

/* Copies the drawing without its stray dots and returns how many strokes are left. A stroke is a stray
 * dot when it is tiny beside the longest one and lies alone. With more than a few dots the drawing is
 * made of dots, with an eraser what is left is not known: then all are kept. points and strokes as
 * image_read_drawing takes them; kept_points and kept have room for all. */
int stray_leave_out(float *kept_points, struct stroke *kept, const float *points,
                    const struct stroke *strokes, int stroke_count);

#endif
