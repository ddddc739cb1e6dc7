#include "correlate/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/exchange_log.h"
#include "correlate/table.h"
#include "correlate/tag_index.h"
#include "correlate/wires.h"
#include "decode/codes.h"
#include "decode/flow_hash.h"
#include "decode/hash.h"

/* What ended well some time ago, and the octets of what ended well at all. Keys and DS records are
 * few, and wanted for long: they have a store of their own. */
struct store {
    struct exchange_log *log;
    struct wires *wires;
};

enum store_kind { STORE_DATA, STORE_KEYS, STORE_COUNT };

struct exchange_table {
    struct table *table;
    struct tag_index by_name; /* the newest for each name */
    struct store stores[STORE_COUNT];
    uint32_t *young; /* what ended well lately: numbers in the table, a ring */
    uint32_t young_most, young_next;
    uint64_t owned_bytes; /* long names, aliases, other responses */
    uint64_t owned_limit_bytes;
    bool removing; /* what goes does not go for want of room */
    int64_t lost_well_ns, lost_unwell_ns, lost_crowded_ns;
    struct exchange copy; /* of one in the log that a response belongs to */
};

#define NONE       UINT32_MAX
#define CACHE_LINE 64
/* Of the slots for what ended well a moment ago: the share, and as many as are enough. */
#define YOUNG_SHARE 8
#define YOUNG_MOST  16384
/* Exchanges of one name that a response is compared with: bounds in time. */
#define CONTRADICTED_MAX   256
#define ANSWERED_AGAIN_MAX 64

static enum store_kind kind_of(uint16_t qtype)
{
    return qtype == TYPE_DS || qtype == TYPE_DNSKEY ? STORE_KEYS : STORE_DATA;
}

static struct exchange *exchange_at(const struct exchange_table *table, uint32_t number)
{
    return number == NONE ? NULL : table_slot(table->table, number);
}

/* Where the number of the name's newest exchange stands; NULL: it has none. */
static uint32_t *newest_of(const struct exchange_table *table, uint64_t name_hash)
{
    return tag_index_find(&table->by_name, name_hash, table_slot(table->table, 0),
                          table_stride(table->table));
}

static void name_unlink(struct exchange_table *table, const struct exchange *exchange)
{
    struct exchange *newer = exchange_at(table, exchange->name_newer);
    struct exchange *older = exchange_at(table, exchange->name_older);

    if (older)
        older->name_newer = exchange->name_newer;
    if (newer)
        newer->name_older = exchange->name_older;
    else if (older)
        *newest_of(table, exchange->name_hash) = exchange->name_older;
    else
        tag_index_remove(&table->by_name, exchange->name_hash,
                         newest_of(table, exchange->name_hash));
}

static void name_link(struct exchange_table *table, struct exchange *exchange)
{
    uint32_t number = table_slot_number(table->table, exchange);
    uint32_t *newest = newest_of(table, exchange->name_hash);

    exchange->name_older = exchange->name_newer = NONE;
    if (!newest) {
        tag_index_add(&table->by_name, exchange->name_hash, number);
        return;
    }
    exchange->name_older = *newest;
    exchange_at(table, exchange->name_older)->name_newer = number;
    *newest = number;
}

/* Only as much of a struct name as the name needs. */
static size_t alias_bytes(uint8_t size)
{
    return offsetof(struct name, bytes) + size;
}

static void drop_alias(struct exchange_table *table, struct exchange *exchange)
{
    if (!exchange->alias)
        return;
    table->owned_bytes -= alias_bytes(exchange->alias->size_bytes);
    free(exchange->alias);
    exchange->alias = NULL;
}

static void drop_wire(struct exchange_table *table, struct exchange *exchange)
{
    if (!exchange->owns_wire)
        return;
    table->owned_bytes -= exchange->wire_bytes;
    free(exchange->own_wire);
    exchange->owns_wire = false;
}

/* A good answer from who should know. */
static bool ended_well(const struct exchange *exchange)
{
    if (!exchange->responded || (exchange->response_flags & DNS_TC) ||
        (exchange->rcode != RCODE_NOERROR && exchange->rcode != RCODE_NXDOMAIN) ||
        exchange->mismatch)
        return false;
    if (exchange->kind == ANSWER_REFERRAL)
        return true;
    return (exchange->kind == ANSWER_DATA || exchange->kind == ANSWER_SOA ||
            exchange->kind == ANSWER_ALIAS) &&
           (exchange->response_flags & (exchange->query_flags & DNS_RD ? DNS_RA : DNS_AA));
}

static void note_loss(struct exchange_table *table, const struct exchange *exchange)
{
    bool well = exchange->young && kind_of(exchange->qtype) == STORE_DATA;
    int64_t *lost_ns = well ? &table->lost_well_ns : &table->lost_unwell_ns;
    int64_t begin_ns = exchange_begin(exchange);

    if (begin_ns > *lost_ns)
        *lost_ns = begin_ns;
    if (table_is_crowded(table->table) && begin_ns > table->lost_crowded_ns)
        table->lost_crowded_ns = begin_ns;
}

static void release(void *context, void *slot)
{
    struct exchange_table *table = context;
    struct exchange *exchange = slot;

    if (!table->removing)
        note_loss(table, exchange);
    if (exchange->young)
        table->young[exchange->young - 1] = NONE;
    drop_wire(table, exchange);
    name_unlink(table, exchange);
    drop_alias(table, exchange);
    if (exchange->name_size > NAME_INLINE) {
        table->owned_bytes -= exchange->name_size;
        free(exchange->long_name);
    }
}

/* Names of one family belong together. */
static uint64_t holder_of(const void *slot)
{
    const struct exchange *exchange = slot;

    return exchange->name_size ? name_family_hash(exchange_name_wire(exchange), exchange->name_size)
                               : hash_address(&exchange->asker);
}

static uint32_t capacity_of(uint64_t memory_bytes)
{
    uint64_t capacity = memory_bytes / (table_slot_cost(sizeof(struct exchange)) + TAG_ITEM_COST);

    return capacity < 16 ? 16 : capacity > INT32_MAX ? INT32_MAX : (uint32_t)capacity;
}

static int store_init(struct store *store, uint64_t log_bytes, uint64_t wires_bytes)
{
    store->log = exchange_log_new(log_bytes);
    store->wires = wires_new(wires_bytes);
    return store->log && store->wires ? 0 : -1;
}

static void store_clear(struct store *store)
{
    exchange_log_free(store->log);
    wires_free(store->wires);
}

static bool build(struct exchange_table *table, uint64_t memory_bytes)
{
    /* A busy resolver's failures and what it is about to ask, its keys with their octets, and what
     * ended well with its octets: the first two for RETENTION_NS, the third for as long as there is
     * room. Besides there are long names, aliases, and the octets of failed responses. */
    uint64_t share = memory_bytes / 14;
    uint32_t capacity = capacity_of(4 * share);

    table->owned_limit_bytes = share;
    table->young_most = capacity / YOUNG_SHARE < YOUNG_MOST ? capacity / YOUNG_SHARE : YOUNG_MOST;
    table->young = malloc(table->young_most * sizeof(*table->young));
    table->table = table_new(sizeof(struct exchange), capacity, release, table);
    if (tag_index_init(&table->by_name) < 0 || !table->table || !table->young ||
        store_init(&table->stores[STORE_DATA], 3 * share, 3 * share) < 0 ||
        store_init(&table->stores[STORE_KEYS], share, 2 * share) < 0)
        return false;
    table_tell_holders(table->table, holder_of);
    memset(table->young, 0xff, table->young_most * sizeof(*table->young)); /* NONE */
    return true;
}

struct exchange_table *exchange_table_new(uint64_t memory_bytes)
{
    struct exchange_table *table = calloc(1, sizeof(*table));

    if (!table)
        return NULL;
    table->lost_well_ns = table->lost_unwell_ns = table->lost_crowded_ns = NEVER;
    if (!build(table, memory_bytes)) {
        exchange_table_free(table);
        return NULL;
    }
    return table;
}

void exchange_table_free(struct exchange_table *table)
{
    if (!table)
        return;
    table->removing = true;
    table_free(table->table);
    for (unsigned i = 0; i < STORE_COUNT; i++)
        store_clear(&table->stores[i]);
    free(table->young);
    tag_index_clear(&table->by_name);
    free(table);
}

const uint8_t *exchange_name_wire(const struct exchange *exchange)
{
    return exchange->name_size > NAME_INLINE ? exchange->long_name : exchange->inline_name;
}

void exchange_name(const struct exchange *exchange, struct name *name)
{
    name->size_bytes = exchange->name_size;
    memcpy(name->bytes, exchange_name_wire(exchange), exchange->name_size);
}

uint64_t name_family_hash(const uint8_t *name, size_t size)
{
    const uint8_t *family = name, *last = name;

    for (const uint8_t *label = name; *label != 0; label += 1 + *label) {
        family = last;
        last = label;
    }
    return hash_bytes(family, size - (size_t)(family - name));
}

static bool same_question(const struct exchange *exchange, const struct dns_message *message)
{
    return exchange->name_hash == message->qname_hash && exchange->qtype == message->qtype &&
           exchange->qclass == message->qclass && exchange->name_size == message->qname.size_bytes;
}

static bool is_mixed_case(const struct dns_message *message)
{
    return memcmp(message->qname_wire, message->qname.bytes, message->qname.size_bytes) != 0;
}

static uint32_t case_hash(const struct dns_message *message)
{
    return (uint32_t)hash_bytes(message->qname_wire, message->qname.size_bytes) | 1;
}

static void set_name(struct exchange_table *table, struct exchange *exchange,
                     const struct dns_message *message)
{
    uint8_t size = message->qname.size_bytes;

    exchange->name_hash = message->qname_hash;
    exchange->qtype = message->qtype;
    exchange->qclass = message->qclass;
    if (size > NAME_INLINE) {
        exchange->long_name = malloc(size);
        if (!exchange->long_name)
            return;
        table->owned_bytes += size;
        memcpy(exchange->long_name, message->qname.bytes, size);
    } else {
        memcpy(exchange->inline_name, message->qname.bytes, size);
    }
    exchange->name_size = size;
}

/* What slots own beside themselves is bounded, too. */
static void make_room(struct exchange_table *table)
{
    while (table->owned_bytes > table->owned_limit_bytes ||
           tag_index_reserve(&table->by_name, table_slot(table->table, 0),
                             table_stride(table->table)) < 0)
        table_evict(table->table);
}

static struct exchange *add(struct exchange_table *table, uint64_t key, const struct event *event,
                            bool first)
{
    const struct dns_message *message = &event->dns;
    const struct flow *flow = &event->flow;
    bool is_response = message->flags & DNS_QR;
    struct exchange *exchange;

    make_room(table);
    exchange = first ? table_add_first(table->table, key, 0) : table_add(table->table, key, 0);
    exchange->asker = is_response ? flow->destination : flow->source;
    exchange->server = is_response ? flow->source : flow->destination;
    exchange->asker_port = is_response ? flow->destination_port : flow->source_port;
    exchange->server_port = is_response ? flow->source_port : flow->destination_port;
    exchange->transport = (uint8_t)message->transport;
    exchange->id = message->id;
    exchange->query_ns = exchange->last_query_ns = exchange->response_ns = NEVER;
    exchange->authority_labels = LABELS_UNKNOWN;
    set_name(table, exchange, message);
    name_link(table, exchange);
    return exchange;
}

static void set_query(struct exchange *exchange, const struct event *event)
{
    exchange->query_ns = exchange->last_query_ns = event->time_ns;
    exchange->query_flags = event->dns.flags;
    exchange->query_frame = event->frame;
    exchange->query_source = event->source;
    exchange->transmissions = 1;
    if (exchange->name_size && is_mixed_case(&event->dns))
        exchange->case_hash = case_hash(&event->dns);
}

void exchanges_foresee(const struct exchange_table *table, const struct event *event, unsigned step)
{
    const struct dns_message *message = &event->dns;
    bool is_response = message->flags & DNS_QR;
    const uint32_t *newest;

    if (step == 0) {
        table_prefetch_bucket(table->table, message->exchange_hash);
        if (!is_response) {
            tag_index_prefetch(&table->by_name, message->qname_hash);
            for (unsigned i = 0; i < STORE_COUNT; i++)
                exchange_log_foresee(table->stores[i].log, message->qname_hash, 0);
        }
    } else if (is_response) {
        table_prefetch_slot(table->table, message->exchange_hash, sizeof(struct exchange));
    } else {
        for (unsigned i = 0; i < STORE_COUNT; i++)
            exchange_log_foresee(table->stores[i].log, message->qname_hash, 1);
        if ((newest = tag_index_guess(&table->by_name, message->qname_hash)) != NULL)
            __builtin_prefetch(exchange_at(table, *newest), 1);
    }
}

/* What the query is a retransmission of, or came before it in the capture, its answer; NULL: it is
 * new, and there is room for it among those with its key. */
static struct exchange *join_query(struct exchange_table *table, struct exchange *newest,
                                   const struct event *event)
{
    struct exchange *last = NULL;
    unsigned walked = 0;

    for (struct exchange *i = newest; i; i = table_find_next(table->table, i), walked++) {
        last = i;
        if (same_question(i, &event->dns) &&
            exchange_is_joined(i->query_ns, i->last_query_ns, i->response_ns, i->responded,
                               event->time_ns))
            return i;
    }
    if (walked >= SAME_KEY_MAX)
        exchange_remove(table, last);
    return NULL;
}

struct exchange *exchange_query(struct exchange_table *table, const struct event *event)
{
    uint64_t key = event->dns.exchange_hash;
    struct exchange *newest = table_find(table->table, key);
    struct exchange *exchange = newest ? join_query(table, newest, event) : NULL;

    if (exchange && exchange->query_ns != NEVER) {
        exchange->last_query_ns = event->time_ns;
        if (exchange->transmissions < UINT8_MAX)
            exchange->transmissions++;
        return exchange;
    }
    if (!exchange)
        exchange = add(table, key, event, !newest);
    set_query(exchange, event);
    return exchange;
}

static struct exchange *by_name(const struct exchange_table *table, uint64_t name_hash)
{
    const uint32_t *newest = newest_of(table, name_hash);

    return newest ? exchange_at(table, *newest) : NULL;
}

/* None waits for longer than its asker tries. */
bool exchange_contradicted(struct exchange_table *table, const struct event *event)
{
    const struct flow *flow = &event->flow;
    struct exchange *exchange = by_name(table, event->dns.qname_hash);
    int64_t since_ns = event->time_ns - 2 * RETRANSMISSION_NS;
    bool any = false;

    for (unsigned walked = 0;
         exchange && walked < CONTRADICTED_MAX && exchange_begin(exchange) > since_ns;
         exchange = exchange_at(table, exchange->name_older), walked++) {
        if (exchange->responded || exchange->asker_port != flow->destination_port ||
            !address_equal(&exchange->asker, &flow->destination) ||
            !same_question(exchange, &event->dns))
            continue;
        if (address_equal(&exchange->server, &flow->source))
            exchange->mismatch = OUTCOME_WRONG_ID;
        else if (exchange->id == event->dns.id)
            exchange->mismatch = OUTCOME_WRONG_SOURCE;
        else
            continue;
        any = true;
    }
    return any;
}

/* The exchange that the response belongs to: the oldest that waits, else the last answered one. */
static struct exchange *join(const struct table *where, struct exchange *same_key,
                             const struct event *event)
{
    struct exchange *open = NULL, *answered = NULL;

    for (struct exchange *i = same_key; i; i = table_find_next(where, i)) {
        /* Without a question (some REFUSED and FORMERR) the key must do. */
        if (!same_question(i, &event->dns) && event->dns.qname.size_bytes)
            continue;
        if (!i->responded)
            open = i;
        else if (!answered)
            answered = i;
    }
    return open ? open : answered;
}

/* A copy of the one in the log that the response answers again. That is a matter of seconds: it is
 * among the youngest of its name. */
static struct exchange *find_logged(struct exchange_table *table, const struct event *event)
{
    const struct dns_message *message = &event->dns;
    const struct exchange_log *log = table->stores[kind_of(message->qtype)].log;
    struct exchange *copy = &table->copy;
    uint64_t place = exchange_log_newest(log, message->qname_hash, message->qname.bytes,
                                         message->qname.size_bytes);

    for (unsigned walked = 0; place != 0 && walked < ANSWERED_AGAIN_MAX; walked++) {
        exchange_log_read(log, place, copy);
        copy->name_hash = message->qname_hash;
        if (copy->id == message->id && copy->asker_port == event->flow.destination_port &&
            copy->transport == message->transport && same_question(copy, message) &&
            address_equal(&copy->asker, &event->flow.destination) &&
            address_equal(&copy->server, &event->flow.source))
            return copy;
        place = exchange_log_older(log, place);
    }
    return NULL;
}

struct exchange *exchange_find(struct exchange_table *table, const struct event *event)
{
    struct exchange *newest = table_find(table->table, event->dns.exchange_hash);

    return newest ? newest : find_logged(table, event);
}

struct exchange *exchange_response(struct exchange_table *table, struct exchange *found,
                                   const struct event *event)
{
    struct exchange *exchange;

    if (found && found->place != 0)
        return found;
    if (!found)
        return exchange_contradicted(table, event)
                   ? NULL
                   : add(table, event->dns.exchange_hash, event, true);
    exchange = join(table->table, found, event);
    if (exchange) {
        if (exchange->case_hash && event->dns.qname.size_bytes &&
            exchange->case_hash != case_hash(&event->dns))
            exchange->signals |= SIGNAL_WRONG_CASE;
        return exchange;
    }
    exchange = find_logged(table, event);
    if (!exchange && !found->responded && event->dns.qname.size_bytes)
        found->mismatch = OUTCOME_WRONG_QUESTION;
    return exchange;
}

struct exchange *exchange_of_flow(struct exchange_table *table, const struct flow *flow,
                                  enum transport transport, uint16_t id)
{
    return table_find(table->table, flow_hash(flow, transport, id));
}

static struct exchange *young_at(const struct exchange_table *table, uint32_t at)
{
    return exchange_at(table, table->young[at < table->young_most ? at : at - table->young_most]);
}

/* Who moves next was not looked at for a while: the next but one is fetched, and of the next one,
 * which was fetched before, what finds it. */
static void foresee_move(const struct exchange_table *table)
{
    const struct exchange *next = young_at(table, table->young_next);
    const uint8_t *second = (const uint8_t *)young_at(table, table->young_next + 1);

    for (size_t offset = 0; second && offset < sizeof(*next); offset += CACHE_LINE)
        __builtin_prefetch(second + offset, 1);
    if (!next)
        return;
    tag_index_prefetch(&table->by_name, next->name_hash);
    exchange_log_foresee(table->stores[kind_of(next->qtype)].log, next->name_hash, 0);
    table_prefetch_bucket(table->table, table_key(next));
}

/* The oldest of the young ones makes room in the ring: it moves into the log. */
static void enter_young(struct exchange_table *table, struct exchange *exchange)
{
    uint32_t at = table->young_next;
    struct exchange *oldest = exchange_at(table, table->young[at]);

    if (oldest) {
        if (oldest->name_size > 0)
            exchange_log_append(table->stores[kind_of(oldest->qtype)].log, oldest);
        exchange_remove(table, oldest);
    }
    table->young[at] = table_slot_number(table->table, exchange);
    exchange->young = at + 1;
    table->young_next = at + 1 < table->young_most ? at + 1 : 0;
    foresee_move(table);
}

void exchange_set_answer(struct exchange_table *table, struct exchange *exchange,
                         const struct event *event, const struct answer *answer)
{
    exchange->responded = true;
    exchange->response_ns = event->time_ns;
    exchange->response_frame = event->frame;
    exchange->response_source = event->source;
    exchange->response_flags = event->dns.flags;
    exchange->rcode = answer->rcode;
    exchange->kind = (uint8_t)answer->kind;
    exchange->authority_labels = answer->authority_labels;
    if (answer->signatures)
        exchange->signals |= SIGNAL_SIGNATURES;
    if (answer->ds)
        exchange->signals |= SIGNAL_DS;
    if (ended_well(exchange))
        enter_young(table, exchange);
    drop_alias(table, exchange);
    if (answer->chained) {
        exchange->alias = malloc(alias_bytes(answer->target.size_bytes));
        if (!exchange->alias)
            return;
        name_copy(exchange->alias, &answer->target);
        table->owned_bytes += alias_bytes(answer->target.size_bytes);
        exchange->signals |= SIGNAL_CHAINED;
    }
}

void exchange_keep_wire(struct exchange_table *table, struct exchange *exchange,
                        const struct event *event)
{
    const struct dns_message *message = &event->dns;

    if (exchange->wire_bytes || message->cut)
        return;
    if (exchange->young) {
        exchange->wire_place = wires_put(table->stores[kind_of(exchange->qtype)].wires,
                                         message->wire, message->size_bytes);
        exchange->wire_bytes = exchange->wire_place ? message->size_bytes : 0;
        return;
    }
    exchange->own_wire = malloc(message->size_bytes);
    if (!exchange->own_wire)
        return;
    memcpy(exchange->own_wire, message->wire, message->size_bytes);
    exchange->wire_bytes = message->size_bytes;
    exchange->owns_wire = true;
    table->owned_bytes += exchange->wire_bytes;
}

const uint8_t *exchange_wire(const struct exchange_table *table, const struct exchange *exchange)
{
    if (exchange->owns_wire)
        return exchange->own_wire;
    return exchange->wire_bytes
               ? wires_get(table->stores[kind_of(exchange->qtype)].wires, exchange->wire_place)
               : NULL;
}

void exchange_remove(struct exchange_table *table, struct exchange *exchange)
{
    table->removing = true;
    table_remove(table->table, exchange);
    table->removing = false;
}

struct exchange *exchange_oldest(struct exchange_table *table)
{
    return table_oldest(table->table);
}

struct exchange *exchange_expired(struct exchange_table *table, int64_t now_ns)
{
    struct exchange *oldest = table_oldest(table->table);

    for (unsigned i = 0; i < STORE_COUNT; i++)
        exchange_log_expire(table->stores[i].log, now_ns);
    return oldest && exchange_is_over(exchange_begin(oldest), now_ns) ? oldest : NULL;
}

void exchange_walk_begin(struct exchange_walk *walk, const struct exchange_table *table,
                         uint64_t name_hash, const uint8_t *name, size_t size)
{
    walk->table = table;
    walk->slot = by_name(table, name_hash);
    for (unsigned i = 0; i < STORE_COUNT; i++)
        walk->places[i] = exchange_log_newest(table->stores[i].log, name_hash, name, size);
    walk->name_hash = name_hash;
}

static const struct exchange *read_next(struct exchange_walk *walk, unsigned kind)
{
    const struct exchange_log *log = walk->table->stores[kind].log;

    exchange_log_read(log, walk->places[kind], &walk->copy);
    walk->copy.place = walk->copy.place * STORE_COUNT + kind;
    walk->copy.name_hash = walk->name_hash;
    walk->places[kind] = exchange_log_older(log, walk->places[kind]);
    return &walk->copy;
}

const struct exchange *exchange_walk_next(struct exchange_walk *walk)
{
    const struct exchange *slot = walk->slot;
    int64_t newest_ns = slot ? exchange_begin(slot) : NEVER;
    unsigned newest = STORE_COUNT;

    for (unsigned i = 0; i < STORE_COUNT; i++) {
        int64_t begin_ns;

        if (walk->places[i] == 0)
            continue;
        begin_ns = exchange_log_begin(walk->table->stores[i].log, walk->places[i]);
        if (begin_ns > newest_ns) {
            newest_ns = begin_ns;
            newest = i;
        }
    }
    if (newest < STORE_COUNT)
        return read_next(walk, newest);
    if (slot)
        walk->slot = exchange_at(walk->table, slot->name_older);
    return slot;
}

static int64_t later(int64_t left_ns, int64_t right_ns)
{
    return left_ns > right_ns ? left_ns : right_ns;
}

int64_t exchange_lost_well_ns(const struct exchange_table *table)
{
    return later(table->lost_well_ns, exchange_log_lost_ns(table->stores[STORE_DATA].log));
}

int64_t exchange_lost_unwell_ns(const struct exchange_table *table)
{
    return later(table->lost_unwell_ns, exchange_log_lost_ns(table->stores[STORE_KEYS].log));
}

int64_t exchange_lost_crowded_ns(const struct exchange_table *table)
{
    return table->lost_crowded_ns;
}

void exchange_table_count(const struct exchange_table *table, struct table_fill *fill)
{
    table_count(table->table, fill);
    for (unsigned i = 0; i < STORE_COUNT; i++)
        exchange_log_count(table->stores[i].log, fill);
}
