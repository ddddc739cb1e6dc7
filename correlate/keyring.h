/* The DS and DNSKEY answers of the zones that were met: a warm resolver does not ask for them
 * again, so they must outlive the question that they were asked for. Kept as the messages' bytes,
 * RRSIGs and proofs of absence in them. Bounded; what is asked of one party pushes out its own. */
#ifndef CORRELATE_KEYRING_H
#define CORRELATE_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "correlate/table.h"
#include "decode/event.h"

/* Servers of a zone can differ, and keys roll: the newest and the one before that differed. */
#define KEYRING_VERSIONS 2

struct keyring;

struct keyring_entry {
    const uint8_t *wire; /* borrowed until the next keyring_see() */
    size_t size;
    int64_t time_ns;
};

struct keyring *keyring_new(uint64_t memory_bytes); /* NULL: out of memory */
void keyring_free(struct keyring *keyring);         /* NULL is fine */

/* Copies what it keeps of an upstream answer: a DS or DNSKEY response with rcode NOERROR (of a DS,
 * also NXDOMAIN), or a referral with DS or the proof that there is none. The rest costs little.
 * `zone_hash`: hash_bytes() of the zone that it is to tell of, 0 for any. */
void keyring_see(struct keyring *keyring, uint64_t zone_hash, const uint8_t *wire, size_t size,
                 int64_t time_ns);

/* For correlator_foresee(), of an upstream message. */
void keyring_foresee(const struct keyring *keyring, const struct dns_message *message);

/* For who knows already which keys a message tells of, by `zone_hash` (hash_bytes() of the zone's
 * name), and where its additional section begins: true where it is what is held as the newest, but
 * for its ID and what stands from there on, and is the newest again. Else keyring_see() has to look
 * at it. */
bool keyring_see_again(struct keyring *keyring, uint64_t zone_hash, uint16_t type,
                       const uint8_t *wire, size_t additional_at, int64_t time_ns);

/* Something below the zone of this hash_bytes() failed: what is held of it is in use, however long
 * ago it was heard of, and outlives for a day what has not failed. */
void keyring_keep(struct keyring *keyring, uint64_t zone_hash, int64_t time_ns);

/* What is known of `zone`'s DS or DNSKEY (`type`); version 0 is the newest. 0, or -1: nothing. */
int keyring_find(const struct keyring *keyring, const struct name *zone, uint16_t type,
                 unsigned version, struct keyring_entry *entry);

/* Adds to what stands there. */
void keyring_count(const struct keyring *keyring, struct table_fill *fill);

#endif
