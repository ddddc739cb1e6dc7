/* What the driver asks of TCP. */
#ifndef DECODE_TCP_H
#define DECODE_TCP_H

#include <stdbool.h>

#include "decode/layers.h"

/* Has tcp_next() anything to do? */
bool tcp_is_waiting(const struct tcp *tcp);
/* Is any of it due by now? */
bool tcp_is_due(const struct tcp *tcp, int64_t now_ns);

/* True and the next event out of the frame that was fed, or out of what waited for too long, in
 * decoder->event. What it points to lives until the next call. */
bool tcp_next(struct decoder *decoder);

#endif
