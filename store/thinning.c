#include "store/thinning.h"

#include "store/counts.h"

bool thinning_is_over(int64_t hour_ns, int64_t time_ns)
{
    return time_ns >= hour_ns + HOUR_NS || time_ns < hour_ns - HOUR_NS;
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
    unsigned halvings;

    if (thinning_is_over(thinning->hour_ns, time_ns))
        *thinning = (struct thinning){.hour_ns = span_begin_ns(time_ns, HOUR_NS)};
    halvings = thinning_halvings(thinning->asked, whole);
    if (halvings > 0 && thinning_halvings(thinning->asked - 1, whole) != halvings)
        thinning->taken = 0;
    thinning->asked++;
    if ((hash & ((UINT64_C(1) << halvings) - 1)) != 0 || thinning->taken >= whole)
        return false;
    thinning->taken++;
    return true;
}
