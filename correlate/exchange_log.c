#include "correlate/exchange_log.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/memory.h"

/* Places and sizes count units of eight octets. */
#define UNIT      sizeof(uint64_t)
#define IPV4_SIZE ((size_t)4) /* at the end of a struct address that holds one */
/* What a record takes with its share of the buckets, about. */
#define RECORD_TYPICAL 104
/* There is a bucket for so many octets, or twice as many. */
#define BUCKET_SHARE 128
/* The distance of two records has 32 bits. */
#define UNITS_MAX (UINT64_C(1) << 31)

enum record_form {
    RECORD_WHOLE = 1,   /* a struct exchange follows; else what is in struct record has to do */
    RECORD_IPV6 = 2,    /* the addresses have 16 octets, else four */
    RECORD_CHAINED = 4, /* an alias stands behind the name */
};

/* Stands before each record, and fills what is too little at the end of the memory. */
struct record_head {
    uint8_t units;     /* of the record with all that is in it */
    uint8_t name_size; /* 0: only the end of the memory */
    uint8_t form;      /* enum record_form */
    uint8_t authority_labels;
    /* How far before this one they begin, in units; 0: there is none. */
    uint32_t older; /* the next older one of the same name */
    uint32_t other; /* the newest one of the bucket's next name, which is older, too */
    uint32_t answered_after_ns;
    int64_t begin_ns;
};

#define FRAME_BITS       40
#define AFTER_FRAME_BITS 24
#define PLACE_BITS       48
#define LOW_BITS(bits)   ((UINT64_C(1) << (bits)) - 1)

/* What nearly all have: one query, the response soon after it out of the same source. */
struct record {
    struct record_head head;
    uint64_t query_frame : FRAME_BITS, answered_after_frames : AFTER_FRAME_BITS;
    uint64_t wire_place : PLACE_BITS, wire_bytes : 16;
    uint16_t asker_port, server_port;
    uint16_t id, qtype, qclass;
    uint16_t query_flags, response_flags;
    uint16_t source;
    uint8_t transport, signals, kind, rcode;
    uint8_t rest[]; /* addresses, name, alias */
};

/* What does not fit in there: nothing is left out. */
struct record_whole {
    struct record_head head;
    struct exchange exchange;
    uint8_t rest[]; /* name, alias */
};

struct exchange_log {
    uint8_t *octets;
    uint64_t units;
    /* The ring holds the places from `oldest` up to `next`. */
    uint64_t oldest, next;
    uint64_t lap;    /* the place where the memory was begun last */
    uint64_t *heads; /* of each bucket the record that was written last */
    uint64_t bucket_mask;
    uint64_t count, overwritten;
    int64_t lost_ns;
};

struct exchange_log *exchange_log_new(uint64_t memory_bytes)
{
    struct exchange_log *log = calloc(1, sizeof(*log));
    uint64_t buckets = 64;

    if (!log)
        return NULL;
    while (2 * buckets * BUCKET_SHARE <= memory_bytes)
        buckets *= 2;
    log->bucket_mask = buckets - 1;
    log->units = (memory_bytes / UNIT > buckets ? memory_bytes / UNIT - buckets : 0);
    if (log->units < UINT8_MAX)
        log->units = UINT8_MAX;
    if (log->units > UNITS_MAX)
        log->units = UNITS_MAX;
    log->oldest = log->next = log->lap = log->units; /* 0 is none's place */
    log->lost_ns = NEVER;
    log->octets = memory_reserve(log->units, UNIT);
    log->heads = memory_reserve(buckets, sizeof(*log->heads));
    if (!log->octets || !log->heads) {
        exchange_log_free(log);
        return NULL;
    }
    return log;
}

void exchange_log_free(struct exchange_log *log)
{
    if (!log)
        return;
    memory_release(log->octets, log->units, UNIT);
    memory_release(log->heads, log->bucket_mask + 1, sizeof(*log->heads));
    free(log);
}

static uint8_t *octets_at(const struct exchange_log *log, uint64_t place)
{
    uint64_t at = place >= log->lap ? place - log->lap : place - (log->lap - log->units);

    return log->octets + at * UNIT;
}

static struct record_head *head_at(const struct exchange_log *log, uint64_t place)
{
    return (struct record_head *)(void *)octets_at(log, place);
}

/* The place that lies so far before another; 0: none, or it was overwritten. */
static uint64_t place_before(const struct exchange_log *log, uint64_t place, uint32_t distance)
{
    return distance > 0 && place - distance >= log->oldest ? place - distance : 0;
}

/* Where the name stands in a record of this form, and behind it the alias. */
static size_t name_offset(uint8_t form)
{
    if (form & RECORD_WHOLE)
        return offsetof(struct record_whole, rest);
    return offsetof(struct record, rest) +
           2 * (form & RECORD_IPV6 ? sizeof(struct address) : IPV4_SIZE);
}

static uint8_t *name_of(struct record_head *head)
{
    return (uint8_t *)head + name_offset(head->form);
}

/* Making room */

static void drop_oldest(struct exchange_log *log)
{
    const struct record_head *head = head_at(log, log->oldest);

    log->count -= head->name_size > 0;
    log->oldest += head->units;
}

static void make_room(struct exchange_log *log, uint64_t units)
{
    while (log->next + units - log->oldest > log->units) {
        const struct record_head *head = head_at(log, log->oldest);

        if (head->name_size > 0) {
            log->overwritten++;
            if (head->begin_ns > log->lost_ns)
                log->lost_ns = head->begin_ns;
        }
        drop_oldest(log);
    }
}

void exchange_log_expire(struct exchange_log *log, int64_t now_ns)
{
    while (log->oldest != log->next) {
        const struct record_head *head = head_at(log, log->oldest);

        if (head->name_size > 0 && !exchange_is_over(head->begin_ns, now_ns))
            return;
        drop_oldest(log);
    }
}

/* Memory in one piece at `next`, not used yet. */
static struct record_head *claim(struct exchange_log *log, uint8_t units)
{
    uint64_t left = log->units - (log->next - log->lap);

    if (left < units) { /* it begins at the beginning */
        make_room(log, left);
        if (left > 0) {
            struct record_head *end = head_at(log, log->next);

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

static bool is_of_name(struct record_head *head, const uint8_t *name, size_t size)
{
    return head->name_size == size && memcmp(name_of(head), name, size) == 0;
}

static uint64_t first_of_bucket(const struct exchange_log *log, uint64_t name_hash)
{
    uint64_t place = log->heads[name_hash & log->bucket_mask];

    return place >= log->oldest ? place : 0;
}

static uint64_t other_name(const struct exchange_log *log, uint64_t place)
{
    return place_before(log, place, head_at(log, place)->other);
}

static uint32_t distance(uint64_t from, uint64_t to)
{
    return to == 0 ? 0 : (uint32_t)(from - to);
}

uint64_t exchange_log_newest(const struct exchange_log *log, uint64_t name_hash,
                             const uint8_t *name, size_t size)
{
    uint64_t place = first_of_bucket(log, name_hash);

    while (place != 0 && !is_of_name(head_at(log, place), name, size))
        place = other_name(log, place);
    return place;
}

uint64_t exchange_log_older(const struct exchange_log *log, uint64_t place)
{
    return place_before(log, place, head_at(log, place)->older);
}

/* The record at `next` becomes the newest of its name, and its name the bucket's first. */
static void link_name(struct exchange_log *log, struct record_head *head, uint64_t name_hash)
{
    uint64_t first = first_of_bucket(log, name_hash), before = 0, older = first, behind = first;

    while (older != 0 && !is_of_name(head_at(log, older), name_of(head), head->name_size)) {
        before = older;
        older = other_name(log, older);
    }
    if (before != 0 && older != 0)
        head_at(log, before)->other = distance(before, other_name(log, older));
    else if (older != 0)
        behind = other_name(log, older);
    head->older = distance(log->next, older);
    head->other = distance(log->next, behind);
    log->heads[name_hash & log->bucket_mask] = log->next;
}

void exchange_log_foresee(const struct exchange_log *log, uint64_t name_hash, unsigned step)
{
    uint64_t place;

    if (step == 0)
        __builtin_prefetch(&log->heads[name_hash & log->bucket_mask], 1);
    else if ((place = first_of_bucket(log, name_hash)) != 0)
        __builtin_prefetch(octets_at(log, place), 1);
}

/* Records */

static uint8_t form_of(const struct exchange *exchange)
{
    uint64_t after_ns = (uint64_t)exchange->response_ns - (uint64_t)exchange->query_ns;
    uint64_t after_frames = exchange->response_frame - exchange->query_frame;
    bool fits = exchange->transmissions == 1 && after_ns <= UINT32_MAX &&
                exchange->query_frame <= LOW_BITS(FRAME_BITS) &&
                after_frames <= LOW_BITS(AFTER_FRAME_BITS) &&
                exchange->query_source == exchange->response_source &&
                exchange->query_source <= UINT16_MAX && exchange->wire_bytes <= UINT16_MAX &&
                exchange->wire_place <= LOW_BITS(PLACE_BITS) && exchange->rcode <= UINT8_MAX &&
                !exchange->mismatch && !exchange->icmp;
    unsigned form = exchange->alias ? RECORD_CHAINED : 0;

    if (!fits)
        form |= RECORD_WHOLE;
    else if (!address_is_ipv4(&exchange->asker) || !address_is_ipv4(&exchange->server))
        form |= RECORD_IPV6;
    return (uint8_t)form;
}

static size_t alias_size(const struct exchange *exchange)
{
    return exchange->alias ? offsetof(struct name, bytes) + exchange->alias->size_bytes : 0;
}

static uint8_t *put(uint8_t *to, const void *from, size_t size)
{
    memcpy(to, from, size);
    return to + size;
}

static void write_plain(struct record *record, const struct exchange *exchange)
{
    bool ipv6 = record->head.form & RECORD_IPV6;
    size_t left_out = ipv6 ? 0 : sizeof(struct address) - IPV4_SIZE;
    uint8_t *rest = record->rest;

    record->head.answered_after_ns = (uint32_t)(exchange->response_ns - exchange->query_ns);
    record->query_frame = exchange->query_frame & LOW_BITS(FRAME_BITS);
    record->answered_after_frames =
        (exchange->response_frame - exchange->query_frame) & LOW_BITS(AFTER_FRAME_BITS);
    record->wire_place = exchange->wire_place & LOW_BITS(PLACE_BITS);
    record->wire_bytes = exchange->wire_bytes & UINT16_MAX;
    record->asker_port = exchange->asker_port;
    record->server_port = exchange->server_port;
    record->id = exchange->id;
    record->qtype = exchange->qtype;
    record->qclass = exchange->qclass;
    record->query_flags = exchange->query_flags;
    record->response_flags = exchange->response_flags;
    record->source = (uint16_t)exchange->query_source;
    record->transport = exchange->transport;
    record->signals = exchange->signals;
    record->kind = exchange->kind;
    record->rcode = (uint8_t)exchange->rcode;
    rest = put(rest, exchange->asker.bytes + left_out, sizeof(struct address) - left_out);
    put(rest, exchange->server.bytes + left_out, sizeof(struct address) - left_out);
}

uint64_t exchange_log_append(struct exchange_log *log, const struct exchange *exchange)
{
    uint8_t form = form_of(exchange);
    size_t size = name_offset(form) + exchange->name_size + alias_size(exchange);
    uint8_t units = (uint8_t)((size + UNIT - 1) / UNIT);
    struct record_head *head = claim(log, units);
    uint8_t *name = (uint8_t *)head + name_offset(form);

    head->units = units;
    head->name_size = exchange->name_size;
    head->form = form;
    head->authority_labels = exchange->authority_labels;
    head->begin_ns = exchange_begin(exchange);
    if (form & RECORD_WHOLE)
        ((struct record_whole *)head)->exchange = *exchange;
    else
        write_plain((struct record *)head, exchange);
    name = put(name, exchange_name_wire(exchange), exchange->name_size);
    if (exchange->alias)
        put(name, exchange->alias, alias_size(exchange));
    link_name(log, head, exchange->name_hash);
    log->next += units;
    log->count++;
    return log->next - units;
}

static struct address read_address(const struct record *record, unsigned number)
{
    if (record->head.form & RECORD_IPV6)
        return address_from_ipv6(record->rest + number * sizeof(struct address));
    return address_from_ipv4(record->rest + number * IPV4_SIZE);
}

static void read_plain(const struct record *record, struct exchange *exchange)
{
    const struct record_head *head = &record->head;

    *exchange = (struct exchange){
        .query_ns = head->begin_ns,
        .last_query_ns = head->begin_ns,
        .response_ns = head->begin_ns + head->answered_after_ns,
        .query_frame = record->query_frame,
        .response_frame = (uint64_t)record->query_frame + record->answered_after_frames,
        .wire_place = record->wire_place,
        .wire_bytes = record->wire_bytes,
        .asker = read_address(record, 0),
        .server = read_address(record, 1),
        .query_source = record->source,
        .response_source = record->source,
        .asker_port = record->asker_port,
        .server_port = record->server_port,
        .id = record->id,
        .qtype = record->qtype,
        .qclass = record->qclass,
        .query_flags = record->query_flags,
        .response_flags = record->response_flags,
        .rcode = record->rcode,
        .transport = record->transport,
        .transmissions = 1,
        .signals = record->signals,
        .kind = record->kind,
        .authority_labels = head->authority_labels,
        .name_size = head->name_size,
        .responded = true,
    };
}

void exchange_log_read(const struct exchange_log *log, uint64_t place, struct exchange *exchange)
{
    struct record_head *head = head_at(log, place);
    uint8_t *name = name_of(head);

    if (head->form & RECORD_WHOLE)
        *exchange = ((struct record_whole *)head)->exchange;
    else
        read_plain((struct record *)head, exchange);
    if (exchange->name_size > NAME_INLINE)
        exchange->long_name = name;
    else
        memcpy(exchange->inline_name, name, exchange->name_size);
    exchange->alias = NULL;
    if (head->form & RECORD_CHAINED)
        exchange->alias = (const struct name *)(void *)(name + exchange->name_size);
    exchange->place = place;
    exchange->ended_well = false;
}

bool exchange_log_mark(struct exchange_log *log, uint64_t place, uint8_t signals)
{
    struct record_head *head;

    if (place < log->oldest)
        return false;
    head = head_at(log, place);
    if (head->form & RECORD_WHOLE)
        ((struct record_whole *)head)->exchange.signals |= signals;
    else
        ((struct record *)head)->signals |= signals;
    return true;
}

/* Where the time to the answer is not known nothing but the whole exchange will do. */
struct exchange *exchange_log_alone(struct exchange_log *log, uint64_t place)
{
    struct record_whole *record;
    struct exchange *exchange;

    if (place < log->oldest)
        return NULL;
    record = (struct record_whole *)head_at(log, place);
    if (!(record->head.form & RECORD_WHOLE))
        return NULL;
    exchange = &record->exchange;
    return exchange->query_ns == NEVER ? exchange : NULL;
}

int64_t exchange_log_begin(const struct exchange_log *log, uint64_t place)
{
    return head_at(log, place)->begin_ns;
}

int64_t exchange_log_lost_ns(const struct exchange_log *log)
{
    return log->lost_ns;
}

/* How many more there is room for depends on their names. */
void exchange_log_count(const struct exchange_log *log, struct table_fill *fill)
{
    uint64_t left = log->units - (log->next - log->oldest);

    fill->used += log->count;
    fill->capacity += log->count + left * UNIT / RECORD_TYPICAL;
    fill->evicted += log->overwritten;
}
