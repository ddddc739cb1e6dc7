/* Keeps a table small, whatever strangers' packets would put into it.
 *
 * Of all that is new within an hour the first `whole` get a row; then every second does, and with
 * each doubling half as many: the rows grow with the logarithm of a flood. Which ones is decided by
 * a hash of what a row is about, so that reading a capture again chooses the same. Everybody can
 * compute that hash: who chooses his names by it gets `whole` rows between two doublings at most,
 * twice of what chance gives.
 *
 * Who has a row is not asked again, and keeps it up to date. */
#ifndef STORE_THINNING_H
#define STORE_THINNING_H

#include <stdbool.h>
#include <stdint.h>

/* Of one table. To be copied when a transaction is committed, and set back when one is taken back.
 */
struct thinning {
    int64_t hour_ns;
    uint64_t asked, taken; /* since the hour began, and since the last doubling */
};

/* Is the hour that began then over, for who counts what comes in it? Time goes on, and what is a
 * little late belongs to it, too: it must not begin anew with each. Where time is not near it has
 * jumped. */
bool thinning_is_over(int64_t hour_ns, int64_t time_ns);

#define THINNING_HALVINGS_MAX 31

/* How often rows are halved once so many have asked: not at all up to `whole` (0: for ever), then
 * once until its double, and so on. */
unsigned thinning_halvings(uint64_t asked, uint64_t whole);

/* Does this one get a row? `hash`: hash_stable(); `whole` > 0. */
bool thinning_takes(struct thinning *thinning, uint64_t whole, int64_t time_ns, uint64_t hash);

#endif
