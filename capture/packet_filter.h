/* A BPF filter in pcap-filter(7) syntax, compiled for each link type as it turns up. */
#ifndef CAPTURE_PACKET_FILTER_H
#define CAPTURE_PACKET_FILTER_H

#include "capture/error.h"
#include "capture/frame.h"

struct packet_filter;

/* NULL: out of memory, or an expression that compiles for none of the usual link types. */
struct packet_filter *packet_filter_new(const char *expression, struct error *error);
void packet_filter_free(struct packet_filter *filter); /* NULL is fine */

/* 1: the frame passes, 0: it does not. -1: the expression does not apply to frames of this link
 * type; said once per link type, later ones do not pass. */
int packet_filter_match(struct packet_filter *filter, const struct frame *frame,
                        struct error *error);

#endif
