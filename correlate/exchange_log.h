/* What is kept of exchanges that ended well: records of a hundred octets or so, in memory that is
 * written round and round. The oldest are overwritten, and nothing is unlinked.
 *
 * They are found by name. A hash table leads to the newest record of each name, and that one to the
 * older ones: who is asked for all the time is in nobody's way. A chain ends where the next record
 * was overwritten.
 *
 * A record is known by its place, a number above 0 that is given once. */
#ifndef CORRELATE_EXCHANGE_LOG_H
#define CORRELATE_EXCHANGE_LOG_H

#include "correlate/exchange.h"
#include "correlate/wanted.h"

struct exchange_log;

/* The bits of a name's hash that the log knows its records by. */
static inline uint16_t exchange_log_tag(uint64_t name_hash)
{
    return (uint16_t)(name_hash >> 48);
}

/* Told of a record that is about to be overwritten, by its place and its name. Returns whether the
 * exchange is kept elsewhere: then it is not lost. */
typedef bool (*exchange_log_function)(void *context, uint64_t place, const uint8_t *name,
                                      size_t size);

struct exchange_log *exchange_log_new(uint64_t memory_bytes); /* NULL: out of memory */
void exchange_log_free(struct exchange_log *log);             /* NULL is fine */
/* Of records of names that are not wanted nobody is told. */
void exchange_log_tell(struct exchange_log *log, const struct wanted *wanted,
                       exchange_log_function rescue, void *context);

/* Copies an answered exchange, and returns the record's place. It has a name, and does not own its
 * response's octets. */
uint64_t exchange_log_append(struct exchange_log *log, const struct exchange *exchange);
/* What was kept for long enough goes. */
void exchange_log_expire(struct exchange_log *log, int64_t now_ns);

/* The place of the newest record of a name (with its hash), and of the next older one of the same
 * name; 0: there is none. */
uint64_t exchange_log_newest(const struct exchange_log *log, uint64_t name_hash,
                             const uint8_t *name, size_t size);
uint64_t exchange_log_older(const struct exchange_log *log, uint64_t place);
/* The same of the records whose names have the same bits of the hash: hardly ever one of another
 * name is among them, and only their beginnings are looked at. */
uint64_t exchange_log_newest_alike(const struct exchange_log *log, uint64_t name_hash);
uint64_t exchange_log_older_alike(const struct exchange_log *log, uint64_t place);
uint16_t exchange_log_id(const struct exchange_log *log, uint64_t place);

/* When the exchange began. */
int64_t exchange_log_begin(const struct exchange_log *log, uint64_t place);
/* Makes an exchange of the record again, all but `name_hash`. An alias and a long name are borrowed
 * until the next exchange_log_append(). */
void exchange_log_read(const struct exchange_log *log, uint64_t place, struct exchange *exchange);

/* Adds signals; false: it was overwritten. */
bool exchange_log_mark(struct exchange_log *log, uint64_t place, uint8_t signals);
/* An exchange whose query was not seen, to be filled in; NULL: it was, or is overwritten. */
struct exchange *exchange_log_alone(struct exchange_log *log, uint64_t place);

/* For correlator_foresee(). */
void exchange_log_foresee(const struct exchange_log *log, uint64_t name_hash);

/* Of those that were overwritten, when the youngest began; NEVER: none was. */
int64_t exchange_log_lost_ns(const struct exchange_log *log);
/* As exchange_table_set_back(). */
void exchange_log_set_back(struct exchange_log *log, int64_t now_ns);
/* Adds to what stands there. */
void exchange_log_count(const struct exchange_log *log, struct table_fill *fill);

#endif
