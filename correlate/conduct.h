/* What one exchange says of how its server stands to the zone: much less than what it says of a
 * question (outcome.h), and without the context that a question has. */
#ifndef CORRELATE_CONDUCT_H
#define CORRELATE_CONDUCT_H

#include "correlate/answer.h"
#include "correlate/inquiry.h"

/* OUTCOME_ANSWER: nothing against it. Nearly all referrals lead from a top-level domain downwards:
 * only of those to the root and to a top-level domain it is asked who gave them
 * (OUTCOME_REFERRAL). */
enum outcome conduct_answering(const struct exchange *exchange, const struct answer *answer);

/* How it was silent. */
enum outcome conduct_silent(const struct knowledge *knowledge, const struct exchange *exchange);
/* Does its silence say nothing? A server that has answered something younger since is there, and so
 * is one whose answer came in part; what was asked just now may still be answered; and an asker
 * that nobody answers, or nobody over IPv6, says nothing of the servers. */
bool conduct_is_excused(const struct knowledge *knowledge, const struct exchange *exchange,
                        int64_t now_ns);

/* Has it ever answered anything well? */
bool conduct_serves_something(const struct knowledge *knowledge, const struct address *address);

#endif
