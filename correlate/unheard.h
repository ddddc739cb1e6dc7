/* Servers whose answers the capture does not show, although the resolver gets them: a mirror that
 * lacks one direction of one family, of one uplink, or of all that comes in. Their silence is the
 * capture's.
 *
 * What shows it is what the resolver does, which nobody outside can forge: it answers its client
 * well, and had asked for that name, or for one above it, a moment before; and it never asks that
 * again, as who waits in vain does. One lost packet is no rule: this is of servers that were never
 * heard at all, and says of others that were never heard either what it says of most. */
#ifndef CORRELATE_UNHEARD_H
#define CORRELATE_UNHEARD_H

#include "correlate/inquiry.h"

/* Who waits in vain has asked again by then, or somebody else. */
#define UNHEARD_SETTLED_NS (2 * SECOND_NS)

/* What may be an upstream query. */
void unheard_see_query(const struct knowledge *knowledge, const struct event *event);
/* A resolver answers the question that it got at `asked_ns`. */
void unheard_see_client_answered(const struct knowledge *knowledge, const struct event *event,
                                 int64_t asked_ns);
/* A query that nobody was seen to answer for UNHEARD_SETTLED_NS. */
void unheard_confirm(const struct knowledge *knowledge, const struct exchange *exchange);

/* Does it say nothing of the server that the capture shows no answer of it to these askers, of one
 * resolver? */
bool unheard_may_answer(const struct parties *parties, const struct address *askers, size_t count,
                        const struct address *server);

/* Of the servers that answer it, does the capture leave out so many that it is a rule? */
bool unheard_are_a_rule(const struct parties *parties, const struct address *asker);

#endif
