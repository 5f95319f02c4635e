/* Makes 28x28 digits of drawings and pictures the way MNIST's were made: the ink's box scaled into
 * 20x20 with grey levels, its aspect kept, then moved by whole pixels so that the centre of mass is in the
 * middle (LeCun, Cortes and Burges, the MNIST database's page). Knows no network. */
#ifndef LSTM_IMAGE_H
#define LSTM_IMAGE_H

#include <stdint.h>

#include "status.h"

enum {
    DIGIT_SIDE = 28,
    DIGIT_BOX = 20,
    IMAGE_MAX_SIDE = 4096,
    IMAGE_MAX_STROKES = 4096,
    IMAGE_MAX_POINTS = 1 << 20,
};

/* A pen's or an eraser's way over the canvas. Later strokes lie over earlier ones. */
struct stroke {
    int points;   /* how many of the drawing's points, at least 1 */
    int eraser;   /* 1: takes ink away */
    float radius; /* of the nib, in units of the canvas' side */
};

/* Reads a drawing: x, y pairs in units of the canvas' side (0..1, y downwards), the strokes' points one
 * after the other. With `centre` it is made as MNIST made its digits; the pen is drawn as wide as
 * MNIST's, however large or small the drawing is: size, place and pen do not change the digit, and stray dots are
 * left out (stray.h). Without, the canvas is scaled down as it is. digit: 28x28 ink, 0..255. *blank: no ink is left.
 * LSTM_BAD_ARGUMENT, LSTM_NOT_FINITE, LSTM_OUT_OF_MEMORY. */
enum lstm_status image_read_drawing(uint8_t *digit, int *blank, const float *points,
                                    const struct stroke *strokes, int stroke_count, int centre);

/* The same for a picture: width x height ink, 0 (paper) to 255. */
enum lstm_status image_read_picture(uint8_t *digit, int *blank, const uint8_t *ink, int width,
                                    int height, int centre);

#endif
