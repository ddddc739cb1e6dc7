/* Asks dnssec.h about a gathered question: what the resolver got is laid before a validator of our
 * own, which computes at packet time. */
#ifndef CORRELATE_VALIDATION_H
#define CORRELATE_VALIDATION_H

#include <stdbool.h>

#include "correlate/dnssec.h"
#include "correlate/inquiry.h"

/* Judges the question and then, one by one, what it is an alias of: the first that is bogus, else
 * the first that is secure, insecure or undecided. False: nothing was there to be judged. The
 * servers that gave what is at fault are written to `servers`. */
bool validation_judge(const struct inquiry *inquiry, struct dnssec_verdict *verdict,
                      struct blamed_server servers[BLAMED_SERVERS_MAX], unsigned *server_count);

/* Notes what a resolver says of its trust anchors. */
void validation_see_query(struct knowledge *knowledge, const struct event *event);

/* Why a resolver is not content with the keys of its root, which it was given. */
enum root_trouble {
    ROOT_CONTENT,
    ROOT_ANCHOR_STALE,   /* it trusts a key that the root has not got (RFC 8145 queries tell) */
    ROOT_CLOCK_WRONG,    /* it trusts the right one, and the signatures are valid at this time */
    ROOT_ANCHOR_OR_CLOCK /* it does not tell which it trusts */
};

/* A resolver that is not content asks one server of the root after the other for its keys. */
enum root_trouble validation_root_trouble(const struct inquiry *inquiry);
/* The same as a clause, with the key tags and times that show it. ROOT_CONTENT: the resolver finds
 * fault with the time of signatures that are all valid. Returns `text`. */
const char *validation_describe_root(const struct inquiry *inquiry, enum root_trouble trouble,
                                     char text[DNSSEC_TEXT_SIZE]);

/* Does a forwarder answer for DS and DNSKEY without signatures, and never with any? */
bool validation_forwarder_strips(const struct inquiry *inquiry, struct blamed_server *forwarder);

#endif
