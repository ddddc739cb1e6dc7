#include "store/thinning.h"

#include "store/counts.h"

/* Time goes on, and may be a little late in between; where it is not near, it has jumped. */
static bool is_another_hour(const struct thinning *thinning, int64_t hour_ns)
{
    return hour_ns > thinning->hour_ns || hour_ns < thinning->hour_ns - HOUR_NS;
}

unsigned thinning_halvings(uint64_t asked, uint64_t whole)
{
    unsigned halvings = 0;

    for (; whole > 0 && asked >= whole && halvings < THINNING_HALVINGS_MAX; asked /= 2)
        halvings++;
    return halvings;
}

bool thinning_takes(struct thinning *thinning, uint64_t whole, int64_t time_ns, uint64_t hash)
{
    int64_t hour_ns = span_begin_ns(time_ns, HOUR_NS);
    unsigned halvings;

    if (is_another_hour(thinning, hour_ns))
        *thinning = (struct thinning){.hour_ns = hour_ns};
    halvings = thinning_halvings(thinning->asked, whole);
    if (halvings > 0 && thinning_halvings(thinning->asked - 1, whole) != halvings)
        thinning->taken = 0;
    thinning->asked++;
    if ((hash & ((UINT64_C(1) << halvings) - 1)) != 0 || thinning->taken >= whole)
        return false;
    thinning->taken++;
    return true;
}
