#ifndef DECODE_RARE_H
#define DECODE_RARE_H

/* Of a function that few packets need: its code stays out of the way of what all of them do. */
#define RARE __attribute__((noinline))

#endif
