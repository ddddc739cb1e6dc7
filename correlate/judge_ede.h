/* The resolver's own words: the Extended DNS Errors in its SERVFAIL (RFC 8914). */
#ifndef CORRELATE_JUDGE_EDE_H
#define CORRELATE_JUDGE_EDE_H

#include "correlate/judge_bench.h"

enum ede_use {
    EDE_ALWAYS,  /* stands beside good answers as well */
    EDE_UNASKED, /* decides where nobody was asked */
    EDE_HIDDEN,  /* decides where the upstream side is not to be seen at all */
};

/* Decides by an EDE that may be put to this use. */
bool judge_by_ede(struct bench *bench, enum ede_use use);

/* Does it say that a signature is past its time, or before it? */
bool ede_says_wrong_time(const struct servfail *servfail);
/* Does it say that no key fits a zone's DS? It does not say which zone's. */
bool ede_says_no_key(const struct servfail *servfail);

#endif
