#include "decode/decoder.h"

#include <assert.h>
#include <stdlib.h>

#include "decode/connections.h"
#include "decode/duplicate.h"
#include "decode/fragments.h"
#include "decode/layers.h"
#include "decode/tcp.h"

#define MEMORY_DEFAULT (16u * 1024 * 1024)
#define PORTS_MAX      16
#define DNS_PORT       53
/* Of the memory: this part for fragments, the rest for TCP. */
#define FRAGMENTS_PART 4

const char *drop_reason_code(enum drop_reason reason)
{
    static const char *const codes[] = {
#define X(name, code, text) [DROP_##name] = code,
        DROP_REASONS(X)
#undef X
    };

    assert((unsigned)reason < DROP_REASON_COUNT);
    return codes[reason];
}

static void set_ports(struct decoder *decoder, const struct decoder_options *options)
{
    static const uint16_t default_ports[] = {DNS_PORT};
    const uint16_t *ports = default_ports;
    unsigned count = 1;

    if (options && options->ports) {
        ports = options->ports;
        count = options->port_count < PORTS_MAX ? options->port_count : PORTS_MAX;
    }
    for (unsigned i = 0; i < count; i++)
        decoder->dns_ports[ports[i] / 64] |= UINT64_C(1) << ports[i] % 64;
}

struct decoder *decoder_new(const struct decoder_options *options)
{
    uint64_t memory_bytes = options ? options->memory_bytes : 0;
    struct decoder *decoder = calloc(1, sizeof(*decoder));

    if (!decoder)
        return NULL;
    if (memory_bytes == 0)
        memory_bytes = MEMORY_DEFAULT;
    set_ports(decoder, options);
    decoder->counters.first_time_ns = INT64_MAX;
    decoder->counters.last_time_ns = INT64_MIN;
    decoder->fragments = fragments_new(memory_bytes / FRAGMENTS_PART);
    decoder->tcp = tcp_new(memory_bytes - memory_bytes / FRAGMENTS_PART);
    decoder->duplicates = duplicates_new();
    if (!decoder->fragments || !decoder->tcp || !decoder->duplicates) {
        decoder_free(decoder);
        return NULL;
    }
    return decoder;
}

void decoder_free(struct decoder *decoder)
{
    if (!decoder)
        return;
    fragments_free(decoder->fragments);
    tcp_free(decoder->tcp);
    duplicates_free(decoder->duplicates);
    free(decoder);
}

/* The place of the event that comes `index` behind the first. */
static unsigned ring_place(const struct decoder *decoder, unsigned index)
{
    unsigned place = decoder->first + index;

    return place <= DECODER_AHEAD ? place : place - (DECODER_AHEAD + 1);
}

static struct event *ring_event(struct decoder *decoder, unsigned index)
{
    return &decoder->ring[ring_place(decoder, index)];
}

/* Only a message that lies in its frame can wait: others are in buffers that the next frame needs.
 */
static bool is_in_frame(const struct event *event, const struct frame *frame)
{
    return event->kind == EVENT_DNS && event->dns.transport == TRANSPORT_UDP &&
           event->dns.wire >= frame->bytes && event->dns.wire < frame->bytes + frame->size_bytes;
}

static bool has_more_than_ready(const struct decoder *decoder)
{
    return tcp_is_waiting(decoder->tcp) || fragments_are_waiting(decoder->fragments);
}

void decoder_feed(struct decoder *decoder, const struct frame *frame)
{
    struct decode_counters *counters = &decoder->counters;
    struct packet packet = {.at = frame->bytes, .end = frame->bytes + frame->size_bytes};
    int verdict;

    assert(decoder->ready < DECODER_AHEAD && !decoder->tcp->delivery.connection);
    if (frame->wire_bytes > frame->size_bytes)
        packet.missing = frame->wire_bytes - frame->size_bytes;
    counters->packets++;
    if (frame->time_ns < counters->first_time_ns)
        counters->first_time_ns = frame->time_ns;
    if (frame->time_ns > counters->last_time_ns)
        counters->last_time_ns = frame->time_ns;
    decoder->now = (struct stamp){frame->time_ns, frame->number, frame->source};
    decoder->event = ring_event(decoder, decoder->ready);
    packet_passes(&packet, (uint64_t)frame->source << 32 | frame->link_type);
    verdict = link_decode(decoder, &packet, frame->link_type);
    if (verdict == PACKET_EVENT) {
        decoder_stamp_event(decoder, &decoder->now);
        decoder->is_full = ++decoder->ready == DECODER_AHEAD || !is_in_frame(decoder->event, frame);
    } else if (verdict >= 0) {
        decoder_drop(decoder, (enum drop_reason)verdict);
    }
    decoder->is_full |= has_more_than_ready(decoder);
}

bool decoder_has_room(const struct decoder *decoder)
{
    return !decoder->is_full;
}

void decoder_advance(struct decoder *decoder, int64_t now_ns)
{
    if (now_ns > decoder->now.time_ns)
        decoder->now.time_ns = now_ns;
}

void decoder_finish(struct decoder *decoder)
{
    decoder->finishing = true;
}

const struct event *decoder_ahead(const struct decoder *decoder, unsigned index)
{
    return index < decoder->ready ? &decoder->ring[ring_place(decoder, index)] : NULL;
}

const struct event *decoder_next(struct decoder *decoder)
{
    struct event *event = ring_event(decoder, 0);

    if (decoder->ready > 0) {
        decoder->first = ring_place(decoder, 1);
        if (--decoder->ready == 0)
            decoder->is_full = has_more_than_ready(decoder);
        return event;
    }
    decoder->event = event;
    if ((decoder->finishing || tcp_is_waiting(decoder->tcp)) && tcp_next(decoder))
        return event;
    if (fragments_are_waiting(decoder->fragments) && fragments_next_lost(decoder))
        return event;
    decoder->is_full = false;
    return NULL;
}

const struct decode_counters *decoder_counters(const struct decoder *decoder)
{
    return &decoder->counters;
}
