/* Says which addresses have counters of their own, upstream servers and (in a census of theirs)
 * watched resolvers: anybody who can make a resolver ask, or can send answers, can name as many as
 * there are addresses.
 *
 * In a quarter of an hour the first `whole` of a source have. Once there are as many, those have
 * that were asked four times in what is told of them at once, and with each doubling four times as
 * often: the rows grow with the cube root of what a flood asks that goes by this rule, and not at
 * all with one of ever new servers. For who had a row in the quarter before there is room twice as
 * long, so that a flood does not push aside who was there all along. Who has a row keeps it for the
 * quarter; what was told of it before counts with the others. A server that only sent answers to
 * what nobody asked has none, unless the source shows no upstream queries at all.
 *
 * It goes by what this run was told and not by the database, so that a capture that is read again
 * keeps the same rows, and so that nothing has to be taken back with a transaction: what is told
 * once more is admitted once more. */
#ifndef STORE_CENSUS_H
#define STORE_CENSUS_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/correlator.h"

/* A small resolver's servers of a quarter of an hour, and of a large one's, of which there are some
 * ten thousand, those that it asks again and again. A report names some seventy of a day; a fleet's
 * looks for those of an outage, which may be any. */
#define CENSUS_SERVERS 4096

/* A large operator's resolvers, and those that his customers ask elsewhere. They have rows for each
 * minute and cause. */
#define CENSUS_RESOLVERS 256

struct census;

/* With little memory fewer than `whole`. NULL: out of memory. */
struct census *census_new(uint64_t whole, uint64_t memory_bytes);
void census_free(struct census *census); /* NULL is fine */

/* Has the server of this part, which is of that quarter of an hour, a row of its own? `source` is
 * the row of its source. */
bool census_admits(struct census *census, int64_t source, int64_t quarter_ns,
                   const struct minute_counters *part);
/* Has an address that was asked so often at once, or answered? */
bool census_admits_asked(struct census *census, int64_t source, int64_t quarter_ns,
                         const struct address *address, uint64_t asked);

#endif
