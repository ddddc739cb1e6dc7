#include "correlate/exchange_log.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/exchange_record.h"
#include "correlate/memory.h"
#include "decode/rare.h"

/* What a record takes with its share of the buckets, about. */
#define RECORD_TYPICAL 108
#define CACHE_LINE     64
/* The distance of two records has 32 bits. */
#define UNITS_MAX (UINT64_C(1) << 31)

/* A bucket is a line of the cache. Who writes a record learns from it alone what the name's last
 * one was: that record, long out of the cache, is not looked at. A cell has the record's place and,
 * below it, bits of the name's hash; of two names with the same bits one may lead to the other's
 * records, and whoever follows them compares names. A name that finds all cells taken gets that of
 * the one that was asked for least lately, which is remembered behind the cells. */
#define BUCKET_NAMES 7
#define TAG_BITS     16
/* There is a bucket for so many octets, or up to twice as many. */
#define BUCKET_SHARE 384

struct bucket {
    uint64_t cells[BUCKET_NAMES];
    uint64_t displaced; /* the place of the record that lost its cell last */
};

struct exchange_log {
    uint8_t *octets;
    uint64_t units;
    /* The ring holds the places from `oldest` up to `next`. */
    uint64_t oldest, next;
    uint64_t lap; /* the place where the memory was begun last */
    struct bucket *buckets;
    uint64_t bucket_mask;
    uint64_t count, overwritten;
    int64_t lost_ns;
    const struct wanted *wanted; /* NULL: nobody is told */
    exchange_log_function rescue;
    void *context;
};

struct exchange_log *exchange_log_new(uint64_t memory_bytes)
{
    struct exchange_log *log = calloc(1, sizeof(*log));
    uint64_t buckets = 1;

    if (!log)
        return NULL;
    while (2 * buckets * BUCKET_SHARE <= memory_bytes)
        buckets *= 2;
    log->bucket_mask = buckets - 1;
    log->units = (memory_bytes - buckets * sizeof(*log->buckets)) / RECORD_UNIT;
    if (log->units > UNITS_MAX)
        log->units = UNITS_MAX;
    log->oldest = log->next = log->lap = log->units; /* 0 is none's place */
    log->lost_ns = NEVER;
    log->octets = memory_reserve(log->units, RECORD_UNIT);
    log->buckets = memory_reserve(buckets, sizeof(*log->buckets));
    if (!log->octets || !log->buckets) {
        exchange_log_free(log);
        return NULL;
    }
    return log;
}

void exchange_log_free(struct exchange_log *log)
{
    if (!log)
        return;
    memory_release(log->octets, log->units, RECORD_UNIT);
    memory_release(log->buckets, log->bucket_mask + 1, sizeof(*log->buckets));
    free(log);
}

void exchange_log_tell(struct exchange_log *log, const struct wanted *wanted,
                       exchange_log_function rescue, void *context)
{
    log->wanted = wanted;
    log->rescue = rescue;
    log->context = context;
}

static struct exchange_record *head_at(const struct exchange_log *log, uint64_t place)
{
    uint64_t at = place >= log->lap ? place - log->lap : place - (log->lap - log->units);

    return (struct exchange_record *)(void *)(log->octets + at * RECORD_UNIT);
}

/* The place that lies so far before another; 0: none, or it was overwritten. */
static uint64_t place_before(const struct exchange_log *log, uint64_t place, uint32_t distance)
{
    return distance > 0 && place - distance >= log->oldest ? place - distance : 0;
}

static uint32_t distance(uint64_t from, uint64_t to)
{
    return to == 0 ? 0 : (uint32_t)(from - to);
}

/* Making room */

static void drop_oldest(struct exchange_log *log)
{
    const struct exchange_record *head = head_at(log, log->oldest);

    log->count -= head->name_size > 0;
    log->oldest += head->units;
}

static void lose_oldest(struct exchange_log *log, struct exchange_record *head)
{
    if (log->wanted && wanted_has_tag(log->wanted, head->tag) &&
        log->rescue(log->context, log->oldest, exchange_record_name(head), head->name_size))
        return;
    log->overwritten++;
    if (head->begin_ns > log->lost_ns)
        log->lost_ns = head->begin_ns;
}

static void make_room(struct exchange_log *log, uint64_t units)
{
    while (log->next + units - log->oldest > log->units) {
        struct exchange_record *head = head_at(log, log->oldest);

        if (head->name_size > 0)
            lose_oldest(log, head);
        drop_oldest(log);
    }
}

void exchange_log_expire(struct exchange_log *log, int64_t now_ns)
{
    while (log->oldest != log->next) {
        const struct exchange_record *head = head_at(log, log->oldest);

        if (head->name_size > 0 && !exchange_is_over(head->begin_ns, now_ns))
            return;
        drop_oldest(log);
    }
}

/* Memory in one piece at `next`, not used yet. */
static struct exchange_record *claim(struct exchange_log *log, uint8_t units)
{
    uint64_t left = log->units - (log->next - log->lap);

    if (left < units) { /* it begins at the beginning */
        make_room(log, left);
        if (left > 0) {
            struct exchange_record *end = head_at(log, log->next);

            end->units = (uint8_t)left;
            end->name_size = 0;
        }
        log->next += left;
        log->lap = log->next;
    }
    make_room(log, units);
    return head_at(log, log->next);
}

/* By name */

static struct bucket *bucket_of(const struct exchange_log *log, uint64_t name_hash)
{
    return &log->buckets[name_hash & log->bucket_mask];
}

static uint64_t *find_cell(struct bucket *bucket, uint16_t tag)
{
    for (unsigned i = 0; i < BUCKET_NAMES; i++)
        if ((uint16_t)bucket->cells[i] == tag)
            return &bucket->cells[i];
    return NULL;
}

static uint64_t *oldest_cell(struct bucket *bucket)
{
    uint64_t *oldest = bucket->cells;

    for (unsigned i = 1; i < BUCKET_NAMES; i++)
        if (bucket->cells[i] < *oldest)
            oldest = &bucket->cells[i];
    return oldest;
}

/* 0: it was overwritten, or the cell was never used. */
static uint64_t place_in_cell(const struct exchange_log *log, const uint64_t *cell)
{
    uint64_t place = *cell >> TAG_BITS;

    return place >= log->oldest ? place : 0;
}

static RARE uint64_t find_displaced(const struct exchange_log *log, const struct bucket *bucket,
                                    uint16_t tag)
{
    uint64_t place = bucket->displaced;

    while (place != 0 && head_at(log, place)->tag != tag)
        place = place_before(log, place, head_at(log, place)->displaced_before);
    return place;
}

/* The newest record with these bits that has no cell; 0: there is none. */
static inline uint64_t displaced_newest(const struct exchange_log *log, const struct bucket *bucket,
                                        uint16_t tag)
{
    return bucket->displaced >= log->oldest ? find_displaced(log, bucket, tag) : 0;
}

static RARE void displace(struct exchange_log *log, struct bucket *bucket, uint64_t place)
{
    bool follows = bucket->displaced >= log->oldest;

    head_at(log, place)->displaced_before = distance(place, follows ? bucket->displaced : 0);
    bucket->displaced = place;
}

/* The record at `next` becomes the newest of its name. */
static void link_name(struct exchange_log *log, struct exchange_record *head, uint64_t name_hash)
{
    struct bucket *bucket = bucket_of(log, name_hash);
    uint16_t tag = exchange_log_tag(name_hash);
    uint64_t *cell = find_cell(bucket, tag), older;

    if (cell) {
        older = place_in_cell(log, cell);
    } else {
        older = displaced_newest(log, bucket, tag);
        cell = oldest_cell(bucket);
        if (place_in_cell(log, cell) != 0)
            displace(log, bucket, place_in_cell(log, cell));
    }
    *cell = log->next << TAG_BITS | tag;
    head->tag = tag;
    head->older = distance(log->next, older);
}

uint64_t exchange_log_newest_alike(const struct exchange_log *log, uint64_t name_hash)
{
    struct bucket *bucket = bucket_of(log, name_hash);
    uint16_t tag = exchange_log_tag(name_hash);
    const uint64_t *cell = find_cell(bucket, tag);

    return cell ? place_in_cell(log, cell) : displaced_newest(log, bucket, tag);
}

uint64_t exchange_log_older_alike(const struct exchange_log *log, uint64_t place)
{
    return place_before(log, place, head_at(log, place)->older);
}

/* The first of the name from `place` on. */
static uint64_t first_of_name(const struct exchange_log *log, uint64_t place, const uint8_t *name,
                              size_t size)
{
    for (; place != 0; place = exchange_log_older_alike(log, place)) {
        struct exchange_record *head = head_at(log, place);

        if (head->name_size == size && memcmp(exchange_record_name(head), name, size) == 0)
            break;
    }
    return place;
}

uint64_t exchange_log_newest(const struct exchange_log *log, uint64_t name_hash,
                             const uint8_t *name, size_t size)
{
    return first_of_name(log, exchange_log_newest_alike(log, name_hash), name, size);
}

uint64_t exchange_log_older(const struct exchange_log *log, uint64_t place)
{
    struct exchange_record *head = head_at(log, place);

    return first_of_name(log, exchange_log_older_alike(log, place), exchange_record_name(head),
                         head->name_size);
}

void exchange_log_foresee(const struct exchange_log *log, uint64_t name_hash)
{
    __builtin_prefetch(bucket_of(log, name_hash), 1);
}

/* Records */

/* Fetches what is written next: the oldest records, which are read before. */
static void foresee_next(const struct exchange_log *log)
{
    const uint8_t *next = (const uint8_t *)head_at(log, log->next);

    for (size_t line = 1; line <= 3; line++)
        __builtin_prefetch(next + line * CACHE_LINE, 1);
}

uint64_t exchange_log_append(struct exchange_log *log, const struct exchange *exchange)
{
    uint8_t form = exchange_record_form(exchange), units = exchange_record_units(exchange, form);
    struct exchange_record *head = claim(log, units);
    uint64_t place = log->next;

    exchange_record_write(head, exchange, form, units);
    link_name(log, head, exchange->name_hash);
    log->next += units;
    log->count++;
    foresee_next(log);
    return place;
}

void exchange_log_read(const struct exchange_log *log, uint64_t place, struct exchange *exchange)
{
    exchange_record_read(head_at(log, place), exchange);
    exchange->place = place;
}

bool exchange_log_mark(struct exchange_log *log, uint64_t place, uint8_t signals)
{
    if (place < log->oldest)
        return false;
    exchange_record_mark(head_at(log, place), signals);
    return true;
}

struct exchange *exchange_log_alone(struct exchange_log *log, uint64_t place)
{
    return place < log->oldest ? NULL : exchange_record_alone(head_at(log, place));
}

uint16_t exchange_log_id(const struct exchange_log *log, uint64_t place)
{
    return head_at(log, place)->id;
}

int64_t exchange_log_begin(const struct exchange_log *log, uint64_t place)
{
    return head_at(log, place)->begin_ns;
}

int64_t exchange_log_lost_ns(const struct exchange_log *log)
{
    return log->lost_ns;
}

void exchange_log_set_back(struct exchange_log *log, int64_t now_ns)
{
    bring_back(&log->lost_ns, now_ns);
}

/* How many more there is room for depends on their names. */
void exchange_log_count(const struct exchange_log *log, struct table_fill *fill)
{
    uint64_t left = log->units - (log->next - log->oldest);

    fill->used += log->count;
    fill->capacity += log->count + left * RECORD_UNIT / RECORD_TYPICAL;
    fill->evicted += log->overwritten;
}
