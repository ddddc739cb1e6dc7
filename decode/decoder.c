#include "decode/decoder.h"

#include <assert.h>
#include <stdlib.h>

#include "decode/connections.h"
#include "decode/duplicate.h"
#include "decode/fragments.h"
#include "decode/layers.h"
#include "decode/plain.h"
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
    decoder->first_port = count > 0 ? ports[0] : 0;
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
    for (size_t i = 0; i < DECODER_AHEAD; i++)
        decoder->events[i] = &decoder->slots[i];
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

/* A message that does not lie in its frame cannot wait: it is in a buffer that the next frame
 * needs.
 */
static bool can_wait(const struct event *event, const struct frame *frame)
{
    return event->kind != EVENT_DNS ||
           (event->dns.wire >= frame->bytes && event->dns.wire < frame->bytes + frame->size_bytes);
}

/* Has decoder_next() more than what is ready, at that time? */
static bool is_due(const struct decoder *decoder, int64_t now_ns)
{
    return tcp_is_due(decoder->tcp, now_ns) || fragments_are_due(decoder->fragments, now_ns);
}

/* How many frames there are up to the first, itself included, that has something fall due by its
 * time: what that is comes behind this frame, wherever a batch begins. */
static size_t count_until_due(const struct decoder *decoder, const struct frame *frames,
                              size_t count, bool *due)
{
    *due = false;
    if (count > DECODER_AHEAD)
        count = DECODER_AHEAD;
    if (!tcp_is_waiting(decoder->tcp) && !fragments_are_waiting(decoder->fragments))
        return count;
    for (size_t i = 0; i < count; i++) {
        *due = is_due(decoder, frames[i].time_ns);
        if (*due)
            return i + 1;
    }
    return count;
}

/* What is not plain. */
static void take_frame(struct decoder *decoder, const struct frame *frame)
{
    struct packet packet = packet_of_frame(frame);
    int verdict;

    decoder->now = stamp_of_frame(frame);
    decoder->event = decoder->events[decoder->ready];
    verdict = link_decode(decoder, &packet, frame->link_type);
    if (verdict == PACKET_EVENT) {
        decoder_stamp_event(decoder, &decoder->now);
        decoder->is_full = ++decoder->ready == DECODER_AHEAD || !can_wait(decoder->event, frame);
    } else if (verdict >= 0) {
        decoder_drop(decoder, (enum drop_reason)verdict);
    }
    decoder->is_full |= is_due(decoder, frame->time_ns);
}

static void count_frames(struct decode_counters *counters, const struct frame *frames, size_t count)
{
    int64_t first_ns = counters->first_time_ns, last_ns = counters->last_time_ns;

    for (size_t i = 0; i < count; i++) {
        first_ns = frames[i].time_ns < first_ns ? frames[i].time_ns : first_ns;
        last_ns = frames[i].time_ns > last_ns ? frames[i].time_ns : last_ns;
    }
    counters->first_time_ns = first_ns;
    counters->last_time_ns = last_ns;
    counters->packets += count;
}

size_t decoder_feed(struct decoder *decoder, const struct frame *frames, size_t count)
{
    size_t taken = 0;

    if (decoder->next == decoder->ready) {
        decoder->next = decoder->ready = 0;
        decoder->is_full = false;
    }
    assert(decoder->next == 0 && !decoder->is_full && !decoder->tcp->delivery.connection);
    while (taken < count && !decoder->is_full) {
        bool due;
        size_t most = count_until_due(decoder, frames + taken, count - taken, &due);
        size_t plain = plain_take(decoder, frames + taken, most);

        taken += plain;
        decoder->is_full = decoder->ready == DECODER_AHEAD || (due && plain == most);
        if (plain < most && !decoder->is_full)
            take_frame(decoder, &frames[taken++]);
    }
    count_frames(&decoder->counters, frames, taken);
    return taken;
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

const struct event *const *decoder_ahead(const struct decoder *decoder, unsigned *count)
{
    *count = decoder->ready - decoder->next;
    return (const struct event *const *)&decoder->events[decoder->next];
}

const struct event *decoder_next(struct decoder *decoder)
{
    if (decoder->next < decoder->ready)
        return decoder->events[decoder->next++];
    decoder->next = decoder->ready = 0;
    decoder->event = decoder->events[0];
    if ((decoder->finishing || tcp_is_waiting(decoder->tcp)) && tcp_next(decoder))
        return decoder->event;
    if (fragments_are_waiting(decoder->fragments) && fragments_next_lost(decoder))
        return decoder->event;
    decoder->is_full = false;
    return NULL;
}

const struct decode_counters *decoder_counters(const struct decoder *decoder)
{
    return &decoder->counters;
}
