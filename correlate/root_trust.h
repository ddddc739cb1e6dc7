/* How a resolver stands to the keys of its root, which it was given: by what it says of them itself
 * (RFC 8145 section 5), by how often it asks for them, and by its clock. */
#ifndef CORRELATE_ROOT_TRUST_H
#define CORRELATE_ROOT_TRUST_H

#include "correlate/dnssec.h"
#include "correlate/inquiry.h"

/* Notes what a resolver says of its trust anchors. */
void root_trust_see_query(struct knowledge *knowledge, const struct event *event);

/* The anchors to validate with. Those that come with the program are the public root's. A network
 * with a root of its own has others, which nobody told us: there the chain begins at the highest
 * DS, and there are none (NULL). */
const struct anchors *root_trust_anchors(const struct knowledge *knowledge);

/* Why a resolver is not content with the keys. */
enum root_trouble {
    ROOT_CONTENT,
    ROOT_ANCHOR_STALE,   /* it trusts a key that the root has not got (RFC 8145 queries tell) */
    ROOT_CLOCK_WRONG,    /* it trusts the right one, and the signatures are valid at this time */
    ROOT_ANCHOR_OR_CLOCK /* it does not tell which it trusts */
};

/* A resolver that is not content asks one server of the root after the other for its keys. */
enum root_trouble root_trust_trouble(const struct inquiry *inquiry);
/* The same of one that says that keys are missing (EDE 9) and had what `zone` signed. */
enum root_trouble root_trust_key_trouble(const struct inquiry *inquiry, const struct name *zone);
/* Did the resolver begin to validate in this capture, and never ask for the zone's keys? Then what
 * it found missing may be those of a zone above. */
bool root_trust_keys_unasked(const struct inquiry *inquiry, const struct name *zone);
/* The same as a clause, with the key tags and times that show it. ROOT_CONTENT: the resolver finds
 * fault with the time of signatures that are all valid. Returns `text`. */
const char *root_trust_describe(const struct inquiry *inquiry, enum root_trouble trouble,
                                char text[DNSSEC_TEXT_SIZE]);

#endif
