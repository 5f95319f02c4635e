#include "parallel.h"

void parallel_for(int count, parallel_fn *fn, void *context) {
    for (int i = 0; i < count; i++) {
        fn(context, i);
    }
}
