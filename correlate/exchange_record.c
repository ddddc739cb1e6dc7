#include "correlate/exchange_record.h"

#include <string.h>

#define IPV4_SIZE ((size_t)4) /* at the end of a struct address that holds one */

#define AFTER_FRAMES_BITS 24
#define WIRE_BYTES_BITS   16
#define SMALL_BITS        4 /* of an RCODE, a transport, a kind */
#define LOW_BITS(bits)    ((UINT64_C(1) << (bits)) - 1)

/* What nearly all have: one query, the response soon after it out of the same source. */
struct plain_record {
    struct exchange_record head;
    uint64_t frames; /* the query's, and below it how many later the response's is */
    uint64_t wire;   /* its place, and below it its size */
    uint32_t answered_after_ns;
    uint16_t source;
    uint16_t asker_port;
    uint16_t qtype, qclass;
    uint16_t query_flags, response_flags;
    uint8_t transport : SMALL_BITS, kind : SMALL_BITS;
    uint8_t signals;
    uint8_t rest[]; /* addresses, name, alias */
};

/* What does not fit in there. */
struct whole_record {
    struct exchange_record head;
    struct exchange exchange;
    uint8_t rest[]; /* name, alias */
};

/* Where the name stands, and behind it the alias. */
static size_t name_offset(uint8_t form)
{
    if (form & RECORD_WHOLE)
        return offsetof(struct whole_record, rest);
    return offsetof(struct plain_record, rest) +
           2 * (form & RECORD_IPV6 ? sizeof(struct address) : IPV4_SIZE);
}

uint8_t *exchange_record_name(struct exchange_record *head)
{
    return (uint8_t *)head + name_offset(head->form);
}

static bool fits(const struct exchange *exchange)
{
    uint64_t after_ns = (uint64_t)exchange->response_ns - (uint64_t)exchange->query_ns;
    uint64_t after_frames = exchange->response_frame - exchange->query_frame;

    return exchange->transmissions == 1 && after_ns <= UINT32_MAX &&
           exchange->query_frame <= LOW_BITS(64 - AFTER_FRAMES_BITS) &&
           after_frames <= LOW_BITS(AFTER_FRAMES_BITS) &&
           exchange->query_source == exchange->response_source &&
           exchange->query_source <= UINT16_MAX &&
           exchange->wire_bytes <= LOW_BITS(WIRE_BYTES_BITS) &&
           exchange->wire_place <= LOW_BITS(64 - WIRE_BYTES_BITS) &&
           exchange->rcode <= LOW_BITS(SMALL_BITS) && !exchange->mismatch && !exchange->icmp;
}

uint8_t exchange_record_form(const struct exchange *exchange)
{
    unsigned form = exchange->alias ? RECORD_CHAINED : 0;

    if (!fits(exchange))
        form |= RECORD_WHOLE;
    else if (!address_is_ipv4(&exchange->asker) || !address_is_ipv4(&exchange->server))
        form |= RECORD_IPV6;
    return (uint8_t)form;
}

static size_t alias_size(const struct exchange *exchange)
{
    return exchange->alias ? offsetof(struct name, bytes) + exchange->alias->size_bytes : 0;
}

uint8_t exchange_record_units(const struct exchange *exchange, uint8_t form)
{
    size_t size = name_offset(form) + exchange->name_size + alias_size(exchange);

    return (uint8_t)((size + RECORD_UNIT - 1) / RECORD_UNIT);
}

static uint8_t *put(uint8_t *to, const void *from, size_t size)
{
    memcpy(to, from, size);
    return to + size;
}

static uint8_t *put_address(uint8_t *to, const struct address *address, uint8_t form)
{
    size_t size = form & RECORD_IPV6 ? sizeof(*address) : IPV4_SIZE;

    return put(to, address->bytes + sizeof(*address) - size, size);
}

static void write_plain(struct plain_record *record, const struct exchange *exchange)
{
    uint8_t form = record->head.form;

    record->head.rcode = exchange->rcode & LOW_BITS(SMALL_BITS);
    record->frames = exchange->query_frame << AFTER_FRAMES_BITS |
                     (exchange->response_frame - exchange->query_frame);
    record->wire = exchange->wire_place << WIRE_BYTES_BITS | exchange->wire_bytes;
    record->source = (uint16_t)exchange->query_source;
    record->answered_after_ns = (uint32_t)(exchange->response_ns - exchange->query_ns);
    record->asker_port = exchange->asker_port;
    record->qtype = exchange->qtype;
    record->qclass = exchange->qclass;
    record->query_flags = exchange->query_flags;
    record->response_flags = exchange->response_flags;
    record->transport = exchange->transport & LOW_BITS(SMALL_BITS);
    record->kind = exchange->kind & LOW_BITS(SMALL_BITS);
    record->signals = exchange->signals;
    put_address(put_address(record->rest, &exchange->asker, form), &exchange->server, form);
}

void exchange_record_write(struct exchange_record *head, const struct exchange *exchange,
                           uint8_t form, uint8_t units)
{
    uint8_t *name = (uint8_t *)head + name_offset(form);

    head->units = units;
    head->name_size = exchange->name_size;
    head->form = form & LOW_BITS(SMALL_BITS);
    head->authority_labels = exchange->authority_labels;
    head->id = exchange->id;
    head->begin_ns = exchange_begin(exchange);
    if (form & RECORD_WHOLE)
        ((struct whole_record *)head)->exchange = *exchange;
    else
        write_plain((struct plain_record *)head, exchange);
    name = put(name, exchange_name_wire(exchange), exchange->name_size);
    if (exchange->alias)
        put(name, exchange->alias, alias_size(exchange));
}

static struct address read_address(const struct plain_record *record, unsigned number)
{
    if (record->head.form & RECORD_IPV6)
        return address_from_ipv6(record->rest + number * sizeof(struct address));
    return address_from_ipv4(record->rest + number * IPV4_SIZE);
}

static void read_plain(const struct plain_record *record, struct exchange *exchange)
{
    const struct exchange_record *head = &record->head;
    uint64_t query_frame = record->frames >> AFTER_FRAMES_BITS;

    *exchange = (struct exchange){
        .query_ns = head->begin_ns,
        .last_query_ns = head->begin_ns,
        .response_ns = head->begin_ns + record->answered_after_ns,
        .query_frame = query_frame,
        .response_frame = query_frame + (record->frames & LOW_BITS(AFTER_FRAMES_BITS)),
        .wire_place = record->wire >> WIRE_BYTES_BITS,
        .wire_bytes = record->wire & LOW_BITS(WIRE_BYTES_BITS),
        .asker = read_address(record, 0),
        .server = read_address(record, 1),
        .query_source = record->source,
        .response_source = record->source,
        .asker_port = record->asker_port,
        .id = head->id,
        .qtype = record->qtype,
        .qclass = record->qclass,
        .query_flags = record->query_flags,
        .response_flags = record->response_flags,
        .rcode = head->rcode,
        .transport = record->transport,
        .transmissions = 1,
        .signals = record->signals,
        .kind = record->kind,
        .authority_labels = head->authority_labels,
        .name_size = head->name_size,
        .responded = true,
    };
}

void exchange_record_read(struct exchange_record *head, struct exchange *exchange)
{
    uint8_t *name = exchange_record_name(head);

    if (head->form & RECORD_WHOLE)
        *exchange = ((struct whole_record *)head)->exchange;
    else
        read_plain((struct plain_record *)head, exchange);
    if (exchange->name_size > NAME_INLINE)
        exchange->long_name = name;
    else
        memcpy(exchange->inline_name, name, exchange->name_size);
    exchange->alias = NULL;
    if (head->form & RECORD_CHAINED)
        exchange->alias = (const struct name *)(void *)(name + exchange->name_size);
    exchange->ended_well = false;
}

void exchange_record_mark(struct exchange_record *head, uint8_t signals)
{
    if (head->form & RECORD_WHOLE)
        ((struct whole_record *)head)->exchange.signals |= signals;
    else
        ((struct plain_record *)head)->signals |= signals;
}

/* Where the time to the answer is not known nothing but the whole exchange will do. */
struct exchange *exchange_record_alone(struct exchange_record *head)
{
    struct exchange *exchange = &((struct whole_record *)head)->exchange;

    return head->form & RECORD_WHOLE && exchange->query_ns == NEVER ? exchange : NULL;
}
