/* A message decoded in full by ldns: about twenty times the cost of the header and the question,
 * for the few messages that an incident stands on. */
#ifndef DECODE_FULL_H
#define DECODE_FULL_H

#include <stddef.h>
#include <stdint.h>

/* 0 when all of the message can be decoded, -1 when a header, a name or some RDATA is mangled. */
int message_check(const uint8_t *wire, size_t size);

#endif
