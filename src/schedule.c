#include "schedule.h"

#include <math.h>

static const double PI = 3.141592653589793;
static const double FIRST = 1.0 / 25.0;

double schedule_factor(enum schedule schedule, double warm_up, double done) {
    if (done < warm_up) {
        return FIRST + (1.0 - FIRST) * 0.5 * (1.0 - cos(PI * done / warm_up));
    }
    return schedule == SCHEDULE_COSINE
               ? 0.5 * (1.0 + cos(PI * ((done - warm_up) / (1.0 - warm_up))))
               : 1.0;
}
