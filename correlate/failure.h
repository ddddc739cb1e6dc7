/* Failures that a resolver may remember (RFC 9520), so that what it answers from memory is joined
 * to the incident in which it learned it; and answers that clients got with CD=1, which tell
 * whether it was validation that failed. */
#ifndef CORRELATE_FAILURE_H
#define CORRELATE_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/exchange.h"
#include "correlate/incident.h"
#include "correlate/table.h"

#define FAILURE_SERVERS_MAX 4
/* The longest that a resolver was seen to hold a failure against a server (unbound: 15 minutes). */
#define FAILURE_MEMORY_NS (900 * SECOND_NS)

/* Clients that joined one fetch are told of its failure this close together. */
#define SAME_MOMENT_NS (50 * MILLISECOND_NS)

struct failure {
    uint64_t identity, outage;
    int64_t time_ns;
    enum cause cause;
    uint16_t blamed_bytes;
    uint8_t server_count;
    uint8_t *blamed; /* owned: failure_zone(), failure_servers() */
};

/* What resolvers remember failures by (RFC 9520 section 3.2). */
struct question_key {
    uint64_t name_hash; /* hash_bytes() */
    uint16_t qtype, qclass;
};

struct failures;

struct failures *failures_new(uint64_t memory_bytes); /* NULL: out of memory */
void failures_free(struct failures *failures);

/* What is not known to have failed for a reason cannot be told from failing anew for the same one.
 */
bool failure_has_reason(enum cause cause);

/* Remembers an incident that is itself no memory of another. `resolver` is the canonical address;
 * `qname` and `zone` are the question's and the zone at fault, which the incident may hide. */
void failures_remember(struct failures *failures, const struct address *resolver,
                       const struct name *qname, const struct name *zone,
                       const struct incident *incident);
/* Where the zone is not known: as something that may have befallen the names beside this one. A
 * memory of a failure counts as well. */
void failures_remember_siblings(struct failures *failures, const struct address *resolver,
                                const struct name *qname, const struct incident *incident);
/* The last failure of the question, or for a reason in the zone, at or before `until_ns`, not older
 * than FAILURE_MEMORY_NS; NULL: none. Borrowed until the next failures_remember(). */
const struct failure *failures_of_question(const struct failures *failures,
                                           const struct address *resolver,
                                           const struct question_key *question, int64_t until_ns);
const struct failure *failures_of_zone(const struct failures *failures,
                                       const struct address *resolver, const struct name *zone,
                                       uint16_t qclass, int64_t until_ns);

/* The last failure of a name beside this one, for a reason, in a zone that is not known: it may be
 * this name's. */
const struct failure *failures_of_siblings(const struct failures *failures,
                                           const struct address *resolver, const struct name *qname,
                                           uint16_t qclass, int64_t until_ns);

/* The last time that forwarders were down for a name at or below this one. */
const struct failure *failures_of_forwarders(const struct failures *failures,
                                             const struct address *resolver,
                                             const struct name *name, uint16_t qclass,
                                             int64_t until_ns);

/* The zone at fault; size 0: none. */
void failure_zone(const struct failure *failure, struct name *zone);
/* Fills in the servers at fault, FAILURE_SERVERS_MAX at most; returns how many. */
unsigned failure_servers(const struct failure *failure, struct blamed_server *servers);

void failures_see_unchecked(struct failures *failures, const struct exchange *exchange);
/* When the question was last answered well under CD=1 at this service address; NEVER. */
int64_t failures_unchecked_ns(const struct failures *failures, const struct address *service,
                              const struct question_key *question);

/* Adds to what stands there. */
void failures_count(const struct failures *failures, struct table_fill *fill);

#endif
