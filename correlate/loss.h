/* When the capture itself lost packets, and how many of how many: what seems to be silence then may
 * have been an answer that was not captured. */
#ifndef CORRELATE_LOSS_H
#define CORRELATE_LOSS_H

#include <stdint.h>

#define LOSSES_MAX 64

struct losses {
    struct loss {
        int64_t from_ns, to_ns;
        uint64_t lost, seen;
    } items[LOSSES_MAX]; /* a ring: the newest are kept */
    unsigned next;
};

void losses_note(struct losses *losses, int64_t from_ns, int64_t to_ns, uint64_t lost,
                 uint64_t seen);
/* The largest share of packets lost in any of the times that meet this span, in parts per million;
 * 0: nothing was lost. */
uint32_t losses_share(const struct losses *losses, int64_t from_ns, int64_t to_ns);

#endif
