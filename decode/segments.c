#include "decode/segments.h"

#include <stdlib.h>

/* What one stream may keep behind a gap. */
#define KEPT_BYTES_MAX    (256 * 1024)
#define KEPT_SEGMENTS_MAX 512

static size_t segment_cost(const struct segment *segment)
{
    return sizeof(*segment) + segment->captured;
}

struct segment *segments_pop(struct tcp *tcp, struct stream *stream)
{
    struct segment *segment = stream->segments;

    stream->segments = segment->next;
    stream->segment_count--;
    stream->segment_bytes -= segment->captured;
    connection_unhold(tcp, stream_connection(stream), segment_cost(segment));
    return segment;
}

void segments_note_gap(struct decoder *decoder, struct stream *stream)
{
    struct tcp *tcp = decoder->tcp;

    if (list_holds(&stream->gap))
        list_remove(&tcp->gaps, &stream->gap);
    if (!stream->segments)
        return;
    stream->gap_since_ns = decoder->now.time_ns;
    list_append(&tcp->gaps, &stream->gap);
}

int segments_keep(struct decoder *decoder, struct stream *stream, uint32_t sequence,
                  const struct packet *packet)
{
    struct segment **link = &stream->segments;
    uint32_t ahead = sequence - stream->next;
    uint32_t captured = (uint32_t)packet_size(packet);
    bool first_gap = !stream->segments;
    struct segment *segment;

    for (; *link && (*link)->sequence - stream->next <= ahead; link = &(*link)->next)
        if (sequence - (*link)->sequence + captured + packet->missing <= (*link)->size)
            return PACKET_KEPT; /* known already */
    if (!connection_hold(decoder, stream_connection(stream), sizeof(*segment) + captured))
        return DROP_TCP_EVICTED;
    segment = malloc(sizeof(*segment) + captured);
    if (!segment) {
        connection_unhold(decoder->tcp, stream_connection(stream), sizeof(*segment) + captured);
        return DROP_TCP_EVICTED;
    }
    *segment = (struct segment){
        .next = *link,
        .sequence = sequence,
        .size = captured + packet->missing,
        .captured = captured,
        .stamp = decoder->now,
    };
    memcpy(segment->bytes, packet->at, captured);
    *link = segment;
    stream->segment_count++;
    stream->segment_bytes += captured;
    if (first_gap)
        segments_note_gap(decoder, stream);
    if (stream->segment_bytes > KEPT_BYTES_MAX || stream->segment_count == KEPT_SEGMENTS_MAX)
        decoder->tcp->overfull = stream;
    return PACKET_KEPT;
}
