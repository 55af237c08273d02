/* Gradient descent of a mean squared error, fused by hand: what a C programmer would write.

   Both functions run all epochs. In each they compute the loss and its gradient, step every
   parameter once, and keep the loss before and the parameters after the step. Arrays belong to
   the caller. */

#include <math.h>
#include <string.h>

/* y ≈ m x + c, with parameters m, c. One pass over the samples gives all three sums. */
void train_line(long epochs, long samples, const double *restrict x, const double *restrict y,
                double learning_rate, double *restrict parameters, double *restrict losses,
                double *restrict history)
{
    double m = parameters[0], c = parameters[1], n = (double)samples;
    for (long epoch = 0; epoch < epochs; epoch++) {
        double squares = 0, slope = 0, offset = 0;
        for (long i = 0; i < samples; i++) {
            double error = m * x[i] + c - y[i];
            squares += error * error;
            slope += error * x[i];
            offset += error;
        }
        losses[epoch] = squares / n;
        m -= learning_rate * (2 * slope / n);
        c -= learning_rate * (2 * offset / n);
        history[2 * epoch] = m;
        history[2 * epoch + 1] = c;
    }
    parameters[0] = m;
    parameters[1] = c;
}

#define UNITS 16
#define PARAMETERS (UNITS * (UNITS + 4) + 1)
#define BLOCK 16

/* A 1-16-16-1 network with tanh. Parameters: w1[j], b1[j], w2[i][j] from unit i to unit j,
   b2[j], w3[j], b3. A block of samples goes forward and backward at once: the units are the
   vector's lanes, so that nothing is summed across lanes but the output. */
void train_network(long epochs, long samples, const double *restrict x, const double *restrict y,
                   double learning_rate, double *restrict parameters, double *restrict losses,
                   double *restrict history)
{
    double p[PARAMETERS], g[PARAMETERS], transposed[UNITS][UNITS];
    const double *w1 = p, *b1 = p + UNITS, *w2 = p + 2 * UNITS, *b2 = w2 + UNITS * UNITS;
    const double *w3 = b2 + UNITS, *b3 = w3 + UNITS;
    double *dw1 = g, *db1 = g + UNITS, *dw2 = g + 2 * UNITS, *db2 = dw2 + UNITS * UNITS;
    double *dw3 = db2 + UNITS, *db3 = dw3 + UNITS;
    memcpy(p, parameters, sizeof p);
    for (long epoch = 0; epoch < epochs; epoch++) {
        double squares = 0;
        memset(g, 0, sizeof g);
        for (int i = 0; i < UNITS; i++)
            for (int j = 0; j < UNITS; j++)
                transposed[j][i] = w2[i * UNITS + j];
        for (long first = 0; first < samples; first += BLOCK) {
            int count = samples - first < BLOCK ? (int)(samples - first) : BLOCK;
            double h1[BLOCK * UNITS], h2[BLOCK * UNITS], d2[BLOCK * UNITS];
            for (int s = 0; s < count; s++)
                for (int j = 0; j < UNITS; j++)
                    h1[s * UNITS + j] = w1[j] * x[first + s] + b1[j];
            for (int k = 0; k < count * UNITS; k++)
                h1[k] = tanh(h1[k]);
            for (int s = 0; s < count; s++) {
                double sum[UNITS];
                for (int j = 0; j < UNITS; j++)
                    sum[j] = b2[j];
                for (int i = 0; i < UNITS; i++)
                    for (int j = 0; j < UNITS; j++)
                        sum[j] += w2[i * UNITS + j] * h1[s * UNITS + i];
                for (int j = 0; j < UNITS; j++)
                    h2[s * UNITS + j] = sum[j];
            }
            for (int k = 0; k < count * UNITS; k++)
                h2[k] = tanh(h2[k]);
            for (int s = 0; s < count; s++) {
                const double *a2 = h2 + s * UNITS;
                double output = *b3;
                for (int j = 0; j < UNITS; j++)
                    output += w3[j] * a2[j];
                double error = output - y[first + s];
                squares += error * error;
                *db3 += error;
                for (int j = 0; j < UNITS; j++) {
                    d2[s * UNITS + j] = error * w3[j] * (1 - a2[j] * a2[j]);
                    dw3[j] += error * a2[j];
                    db2[j] += d2[s * UNITS + j];
                }
            }
            for (int i = 0; i < UNITS; i++) {
                double sum[UNITS] = {0};
                for (int s = 0; s < count; s++)
                    for (int j = 0; j < UNITS; j++)
                        sum[j] += h1[s * UNITS + i] * d2[s * UNITS + j];
                for (int j = 0; j < UNITS; j++)
                    dw2[i * UNITS + j] += sum[j];
            }
            for (int s = 0; s < count; s++) {
                const double *a1 = h1 + s * UNITS;
                double d1[UNITS] = {0};
                for (int j = 0; j < UNITS; j++)
                    for (int i = 0; i < UNITS; i++)
                        d1[i] += transposed[j][i] * d2[s * UNITS + j];
                for (int i = 0; i < UNITS; i++) {
                    d1[i] *= 1 - a1[i] * a1[i];
                    dw1[i] += d1[i] * x[first + s];
                    db1[i] += d1[i];
                }
            }
        }
        losses[epoch] = squares / (double)samples;
        for (int k = 0; k < PARAMETERS; k++)
            p[k] -= learning_rate * (2 * g[k] / (double)samples);
        memcpy(history + epoch * PARAMETERS, p, sizeof p);
    }
    memcpy(parameters, p, sizeof p);
}
