#include "correlate/loss.h"

#define MILLION 1000000u

void losses_note(struct losses *losses, int64_t from_ns, int64_t to_ns, uint64_t lost,
                 uint64_t seen)
{
    if (lost > 0)
        losses->items[losses->next++ % LOSSES_MAX] = (struct loss){from_ns, to_ns, lost, seen};
}

uint32_t losses_share(const struct losses *losses, int64_t from_ns, int64_t to_ns)
{
    uint32_t largest = 0;

    for (unsigned i = 0; i < LOSSES_MAX && i < losses->next; i++) {
        const struct loss *loss = &losses->items[i];
        double share = (double)loss->lost / ((double)loss->lost + (double)loss->seen);
        uint32_t millionths = (uint32_t)(share * MILLION) + 1;

        if (loss->to_ns >= from_ns && loss->from_ns <= to_ns && millionths > largest)
            largest = millionths;
    }
    return largest;
}
