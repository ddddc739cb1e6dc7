/* The short way through the layers, for many frames at once. */
#ifndef DECODE_PLAIN_H
#define DECODE_PLAIN_H

#include "decode/layers.h"

/* Decodes the first frames as long as they are plain DNS messages and there is room for them, and
 * makes those ready that are no copies. Returns how many: what comes then has to go the long way.
 */
size_t plain_take(struct decoder *decoder, const struct frame *frames, size_t count);

#endif
