/* tanh as a rational function, the one approximation of this library:
 *
 *   tanh x ~ x P(x^2) / Q(x^2), P of degree 3, Q of degree 4, x clamped to [-8, 8]
 *
 * fitted here to the smallest greatest relative error on [0, 8] (iteratively reweighted least
 * squares: 1.5e-7 in exact arithmetic; 4.3e-7 in float, where tanh 8 comes out as 1).
 * sigmoid x = 1/2 + tanh(x/2) / 2. One division each, no table, no branch. */
#ifndef LSTM_ACTIVATIONS_H
#define LSTM_ACTIVATIONS_H

#define TANH_CLAMP 8.0f
#define TANH_P0 0x1.fffffcp-1f
#define TANH_P1 0x1.08b7aep-3f
#define TANH_P2 0x1.82cbc8p-9f
#define TANH_P3 0x1.7f790ap-17f
#define TANH_Q1 0x1.d9b0dep-2f
#define TANH_Q2 0x1.86319ap-6f
#define TANH_Q3 0x1.f48638p-13f
#define TANH_Q4 0x1.080deap-22f

#endif
