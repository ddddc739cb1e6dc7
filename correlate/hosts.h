/* The addresses of nameserver names, as they were answered. Room is made when a delegation names a
 * host, so that the addresses of all other names cost nothing. Bounded. */
#ifndef CORRELATE_HOSTS_H
#define CORRELATE_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "correlate/table.h"
#include "decode/event.h"

#define HOST_ADDRESSES_MAX 6

struct host {
    struct address *addresses; /* the table's */
    uint8_t count;
};

struct hosts;

struct hosts *hosts_new(uint64_t memory_bytes); /* NULL: out of memory */
void hosts_free(struct hosts *hosts);           /* NULL is fine */

/* `key`: hash_bytes() of the name, here and below. */
void hosts_prefetch(const struct hosts *hosts, uint64_t key);
/* Makes room for the name's addresses, where there is none yet, and it is not the one to go when
 * one has to. */
void hosts_keep(struct hosts *hosts, uint64_t key, const uint8_t *name, size_t size);
/* Borrowed until the next call that enters or learns. NULL: not known as a nameserver. */
const struct host *hosts_find(const struct hosts *hosts, uint64_t key);

/* Learns from an answer to a question for a name's A or AAAA records. The oldest of more than
 * HOST_ADDRESSES_MAX addresses go. */
void hosts_see_answer(struct hosts *hosts, const struct dns_message *message);

/* Does the next one push another out? */
bool hosts_are_full(const struct hosts *hosts);
uint64_t hosts_evicted(const struct hosts *hosts);
/* Adds to what stands there. */
void hosts_count(const struct hosts *hosts, struct table_fill *fill);

#endif
