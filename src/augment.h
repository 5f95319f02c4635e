/* Distortions of pictures of handwriting, drawn anew whenever a picture is read for training: turned, slanted,
 * stretched, bent, with thicker or thinner strokes, and fitted into its box again. The same seed gives
 * the same bits on every machine: nothing but + - * / is used. Knows no network. */
#ifndef LSTM_AUGMENT_H
#define LSTM_AUGMENT_H

#include <stddef.h>

#include "rng.h"
#include "status.h"

/* Each is drawn evenly from its range, for each picture. All 0 = pictures as they are. Only floats: web/lib
 * writes them one after the other. */
struct augment_options {
    float share;      /* of the pictures that are distorted, 0 to 1; the others stay as they are */
    float rotation;   /* degrees to either side, 0 to 90 */
    float scale;      /* width and height by factors of 1 / (1 + scale) to 1 + scale, 0 to 1 */
    float shear;      /* x += shear y, -shear to shear, 0 to 1 */
    float shift;      /* pixels to any side, 0 to 16 */
    float elastic;    /* pixels: standard deviation of the bending, 0 to 16 */
    float smoothness; /* pixels between the bending's knots, 2 to 64 */
    float thickness;  /* pixels: each edge of a stroke moves outwards or inwards, 0 to 1 */
    float contrast;   /* grey edges steeper by factors of 1 to 1 + contrast, 0 to 16 */
    float fit;        /* 1: fitted as MNIST's digits are (image.h): box and centre of mass; or 0 */
};

enum {
    AUGMENT_OPTIONS = sizeof(struct augment_options) / sizeof(float),
    AUGMENT_MAX_SIDE = 256, /* of pictures that can be distorted */
};

int augment_options_are_good(const struct augment_options *options);

/* Floats of working memory that augment_picture wants. */
size_t augment_floats(const struct augment_options *options, int rows, int columns);

/* Distorts a picture: rows x columns, ink 0..1 on paper 0, each side at most AUGMENT_MAX_SIDE.
 *
 * Every pixel of the new picture looks up where it comes from in the old one: an affine map and a smooth random
 * displacement in one, sampled bilinearly once. The displacement is a uniform cubic B-spline on random
 * knots: a random field smoothed as that of Simard, Steinkraus and Platt 2003, whose Gaussian of
 * deviation sigma stands for knots sqrt(3) sigma apart. */
void augment_picture(float *picture, float *work, const struct augment_options *options, int rows,
                     int columns, struct rng rng);

/* The same with memory and stream of its own: as sequence `sequence` of a dataset is read in an epoch of a training.
 * LSTM_BAD_CONFIG, LSTM_BAD_ARGUMENT (a side), LSTM_OUT_OF_MEMORY. */
enum lstm_status augment_sequence(float *picture, const struct augment_options *options, int rows,
                                  int columns, uint32_t seed, uint32_t epoch, uint32_t sequence);

#endif
