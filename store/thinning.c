#include "store/thinning.h"

#include "store/counts.h"

/* Time goes on, and may be a little late in between; where it is not near, it has jumped. */
static bool is_another_hour(const struct thinning *thinning, int64_t hour_ns)
{
    return hour_ns > thinning->hour_ns || hour_ns < thinning->hour_ns - HOUR_NS;
}

/* Of how many one is taken. */
static uint64_t rarity(uint64_t asked, uint64_t whole)
{
    uint64_t one_of = 1;

    for (; asked >= whole && one_of <= UINT32_MAX; asked /= 2)
        one_of *= 2;
    return one_of;
}

bool thinning_takes(struct thinning *thinning, uint64_t whole, int64_t time_ns, uint64_t hash)
{
    int64_t hour_ns = span_begin_ns(time_ns, HOUR_NS);
    uint64_t one_of;

    if (is_another_hour(thinning, hour_ns))
        *thinning = (struct thinning){.hour_ns = hour_ns};
    one_of = rarity(thinning->asked, whole);
    if (one_of > 1 && rarity(thinning->asked - 1, whole) != one_of)
        thinning->taken = 0;
    thinning->asked++;
    if ((hash & (one_of - 1)) != 0 || thinning->taken >= whole)
        return false;
    thinning->taken++;
    return true;
}
