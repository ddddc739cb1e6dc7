/* Inside of exchange.h, for its own files: exchange.c (what is kept, and for how long),
 * exchange_join.c (which packets belong together), exchange_answer.c (what came of it). */
#ifndef CORRELATE_EXCHANGE_PRIVATE_H
#define CORRELATE_EXCHANGE_PRIVATE_H

#include "correlate/exchange.h"
#include "correlate/exchange_log.h"
#include "correlate/tag_index.h"
#include "correlate/wanted.h"
#include "correlate/wires.h"
#include "decode/codes.h"

#define NONE UINT32_MAX

/* What ended well, and the octets of its answers. Keys and DS records are few, and wanted for long:
 * they have an archive of their own. What there is no room for in these goes into a third, where
 * its name is wanted. */
struct archive {
    struct exchange_log *log;
    struct wires *wires;
};

enum archive_kind { ARCHIVE_DATA, ARCHIVE_KEYS, ARCHIVE_WANTED, ARCHIVE_COUNT };

_Static_assert(ARCHIVE_COUNT == EXCHANGE_LOGS, "a walk has a place in each archive's log");

/* What ended well lately, by the key that it had. A ring. */
#define LATELY 256

struct lately {
    struct answered {
        uint64_t key, place; /* 0: none */
        int64_t response_ns;
    } answered[LATELY];
    unsigned next;
};

struct exchange_table {
    struct table *table;
    struct tag_index by_name; /* the newest for each name */
    struct archive archives[ARCHIVE_COUNT];
    struct wanted wanted;
    struct lately lately; /* for an ICMP error about the answer */
    /* For a query that stands behind its answer in the capture: the answers without one. */
    struct lately alone;
    int64_t alone_ns;     /* when there was the last one */
    uint64_t owned_bytes; /* long names, aliases, other responses */
    uint64_t owned_limit_bytes;
    bool removing; /* what goes does not go for want of room */
    bool any_underscored;
    int64_t lost_unwell_ns, lost_crowded_ns;
    struct exchange copy;      /* of one in the log that a response belongs to */
    struct exchange *unlooked; /* the oldest that exchange_slow() did not look at yet, or NULL */
};

static inline enum archive_kind archive_of(uint16_t qtype)
{
    return qtype == TYPE_DS || qtype == TYPE_DNSKEY ? ARCHIVE_KEYS : ARCHIVE_DATA;
}

/* The place of a record in one of the logs, and back. */
static inline uint64_t place_in_archives(uint64_t place, enum archive_kind kind)
{
    return place * ARCHIVE_COUNT + kind;
}

static inline enum archive_kind archive_of_place(uint64_t place)
{
    return (enum archive_kind)(place % ARCHIVE_COUNT);
}

static inline struct exchange_log *log_of_place(const struct exchange_table *table, uint64_t place)
{
    return table->archives[archive_of_place(place)].log;
}

static inline uint64_t place_in_log(uint64_t place)
{
    return place / ARCHIVE_COUNT;
}

static inline struct exchange *exchange_at(const struct exchange_table *table, uint32_t number)
{
    return number == NONE ? NULL : table_slot(table->table, number);
}

/* Only as much of a struct name as the name needs. */
static inline size_t alias_bytes(uint8_t size)
{
    return offsetof(struct name, bytes) + size;
}

/* A new one, with what a packet of it says whether query or response. `first`: no other has the
 * key. */
struct exchange *exchange_add(struct exchange_table *table, uint64_t key, const struct event *event,
                              bool first);
/* The newest in the table for a name; NULL: none. */
struct exchange *exchange_newest(const struct exchange_table *table, uint64_t name_hash);

#endif
