#include "decode/stream.h"

#include <stdlib.h>

#include "decode/segments.h"

#define LENGTH_BYTES 2
#define HEADER_BYTES 12
/* Header and the shortest question: what a length octet pair alone must at least announce. */
#define ANNOUNCED_MIN 17
/* Sequence numbers further off belong to another connection, or too much is lost. */
#define WINDOW_BYTES (1 << 20)
#define ROOM_MIN     512

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void drop_message(struct tcp *tcp, struct stream *stream)
{
    if (!stream->message)
        return;
    connection_unhold(tcp, stream_connection(stream), stream->message_room);
    free(stream->message);
    stream->message = NULL;
    stream->message_size = stream->message_room = 0;
}

void stream_clear(struct tcp *tcp, struct connection *connection, unsigned side)
{
    struct stream *stream = &connection->streams[side];

    drop_message(tcp, stream);
    while (stream->segments)
        free(segments_pop(tcp, stream));
    if (list_holds(&stream->gap))
        list_remove(&tcp->gaps, &stream->gap);
    if (tcp->overfull == stream)
        tcp->overfull = NULL;
    if (tcp->ended == stream)
        tcp->ended = NULL;
    stream->synced = stream->guessed = false;
    stream->skip = 0;
}

void stream_open(struct tcp *tcp, struct connection *connection, unsigned side, uint32_t first)
{
    struct stream *stream = &connection->streams[side];

    stream_clear(tcp, connection, side);
    stream->first = first;
    stream->next = first + 1;
    stream->opened = stream->synced = true;
    stream->finished = false;
}

/* Does a message begin here? Then the stream goes on from here. */
static bool find_boundary(struct stream *stream, uint32_t sequence, const uint8_t *bytes,
                          uint32_t captured, uint32_t size)
{
    uint16_t announced;

    stream->synced = false;
    if (captured < LENGTH_BYTES)
        return false;
    announced = load_u16(bytes);
    /* Some write the length by itself. The message will show whether it was one. */
    if (size == LENGTH_BYTES
            ? announced < ANNOUNCED_MIN
            : !message_is_plausible(bytes + LENGTH_BYTES,
                                    smaller(captured - LENGTH_BYTES, announced), announced))
        return false;
    stream->synced = stream->guessed = true;
    stream->next = sequence;
    stream->skip = 0;
    return true;
}

static void deliver(struct delivery *delivery, struct stream *stream, uint32_t sequence,
                    const uint8_t *bytes, uint32_t captured, uint32_t size)
{
    uint32_t known = stream->next - sequence;

    delivery->at = bytes + smaller(known, captured);
    delivery->left = captured - smaller(known, captured);
    delivery->missing = size - known - delivery->left;
    stream->next = sequence + size;
}

int stream_take(struct decoder *decoder, struct connection *connection, unsigned side,
                uint32_t sequence, const struct packet *packet)
{
    struct stream *stream = &connection->streams[side];
    uint32_t captured = (uint32_t)packet_size(packet);
    uint32_t size = captured + packet->missing;
    int32_t ahead = (int32_t)(sequence - stream->next);

    if (stream->synced && (ahead > WINDOW_BYTES || ahead < -WINDOW_BYTES))
        stream_clear(decoder->tcp, connection, side);
    if (!stream->synced) {
        if (!find_boundary(stream, sequence, packet->at, captured, size))
            return DROP_TCP_LOST;
        ahead = 0;
    }
    if (ahead > 0)
        return segments_keep(decoder, stream, sequence, packet);
    if (stream->next - sequence >= size)
        return PACKET_KEPT; /* known already */
    decoder->tcp->delivery = (struct delivery){
        .connection = connection,
        .side = side,
        .stamp = decoder->now,
    };
    deliver(&decoder->tcp->delivery, stream, sequence, packet->at, captured, size);
    return PACKET_KEPT;
}

/* The next kept segment, once those before it are done with. */
static bool deliver_kept(struct decoder *decoder)
{
    struct tcp *tcp = decoder->tcp;
    struct delivery *delivery = &tcp->delivery;
    struct stream *stream = &delivery->connection->streams[delivery->side];
    bool found = false;

    free(delivery->segment);
    delivery->segment = NULL;
    if (!stream->segments)
        return false;
    while (!found && stream->segments) {
        struct segment *segment = stream->segments;

        if (!stream->synced)
            find_boundary(stream, segment->sequence, segment->bytes, segment->captured,
                          segment->size);
        if (stream->synced && (int32_t)(segment->sequence - stream->next) > 0)
            break;
        segments_pop(tcp, stream);
        if (!stream->synced || stream->next - segment->sequence >= segment->size) {
            free(segment);
            continue;
        }
        deliver(delivery, stream, segment->sequence, segment->bytes, segment->captured,
                segment->size);
        delivery->segment = segment;
        if (delivery->late)
            delivery->stamp = segment->stamp;
        found = true;
    }
    segments_note_gap(decoder, stream);
    return found;
}

/* What follows cannot be made sense of, up to the next boundary. */
static bool fall_out_of_step(struct decoder *decoder, struct stream *stream,
                             enum drop_reason reason)
{
    decoder_drop(decoder, reason);
    drop_message(decoder->tcp, stream);
    stream->synced = false;
    stream->skip = 0;
    decoder->tcp->delivery.left = decoder->tcp->delivery.missing = 0;
    return false;
}

/* Makes the message the event. False: it is none. */
static bool hand_out(struct decoder *decoder, struct stream *stream, const uint8_t *wire,
                     uint32_t size, bool cut, const struct stamp *stamp)
{
    int verdict = message_decode(&decoder->event->dns, wire, size, cut);

    if (verdict != PACKET_EVENT) {
        decoder_drop(decoder, (enum drop_reason)verdict);
        return false;
    }
    decoder->event->flow = connection_flow(stream_connection(stream), stream->side);
    decoder_stamp_event(decoder, stamp);
    decoder_message_event(decoder, TRANSPORT_TCP);
    return true;
}

static void free_handed_out(struct tcp *tcp)
{
    free(tcp->handed_out);
    tcp->handed_out = NULL;
}

/* Hands out what was collected, whole or not; the buffer lives as long as the event. */
static bool hand_out_collected(struct decoder *decoder, struct stream *stream, bool cut)
{
    struct tcp *tcp = decoder->tcp;
    struct stamp stamp = stream->message_stamp;
    uint32_t size = stream->message_size;
    uint32_t announced;

    free_handed_out(tcp);
    tcp->handed_out = stream->message;
    connection_unhold(tcp, stream_connection(stream), stream->message_room);
    stream->message = NULL;
    stream->message_size = stream->message_room = 0;
    if (size < LENGTH_BYTES + HEADER_BYTES)
        return false;
    announced = load_u16(tcp->handed_out);
    if (stream->guessed &&
        !message_is_plausible(tcp->handed_out + LENGTH_BYTES, size - LENGTH_BYTES, announced))
        return fall_out_of_step(decoder, stream, DROP_TCP_LOST);
    return hand_out(decoder, stream, tcp->handed_out + LENGTH_BYTES, size - LENGTH_BYTES, cut,
                    &stamp);
}

static void advance(struct delivery *delivery, uint32_t size)
{
    delivery->at += size;
    delivery->left -= size;
}

/* Room for `size` octets of the message, which may become `most` long. */
static bool grow_message(struct decoder *decoder, struct stream *stream, uint32_t size,
                         uint32_t most)
{
    uint32_t room = stream->message_room;
    uint8_t *message;

    if (size <= room)
        return true;
    room = 2 * room > size ? 2 * room : size;
    if (room < ROOM_MIN)
        room = ROOM_MIN;
    if (most > LENGTH_BYTES && room > most)
        room = most;
    if (!connection_hold(decoder, stream_connection(stream), room - stream->message_room))
        return false;
    message = realloc(stream->message, room);
    if (!message) {
        connection_unhold(decoder->tcp, stream_connection(stream), room - stream->message_room);
        return false;
    }
    stream->message = message;
    stream->message_room = room;
    return true;
}

/* A message that does not lie whole in one segment. */
static bool collect(struct decoder *decoder, struct stream *stream)
{
    struct delivery *delivery = &decoder->tcp->delivery;

    while (delivery->left > 0) {
        uint32_t whole = LENGTH_BYTES;
        uint32_t size;

        if (stream->message_size >= LENGTH_BYTES) {
            whole += load_u16(stream->message);
            if (whole < LENGTH_BYTES + HEADER_BYTES)
                return fall_out_of_step(decoder, stream, DROP_BAD_DNS);
        }
        size = smaller(whole - stream->message_size, delivery->left);
        if (!grow_message(decoder, stream, stream->message_size + size, whole))
            return fall_out_of_step(decoder, stream, DROP_TCP_EVICTED);
        memcpy(stream->message + stream->message_size, delivery->at, size);
        stream->message_size += size;
        stream->message_stamp = delivery->stamp;
        advance(delivery, size);
        if (stream->message_size == whole && whole > LENGTH_BYTES)
            return hand_out_collected(decoder, stream, false);
    }
    return false;
}

/* Takes the next message out of the delivery, or what there is of it into the buffer. */
static bool take_message(struct decoder *decoder, struct stream *stream)
{
    struct delivery *delivery = &decoder->tcp->delivery;
    const uint8_t *wire = delivery->at + LENGTH_BYTES;
    uint32_t size;

    if (stream->skip > 0) {
        size = smaller(stream->skip, delivery->left);
        stream->skip -= size;
        advance(delivery, size);
        return false;
    }
    if (stream->message || delivery->left < LENGTH_BYTES)
        return collect(decoder, stream);
    size = load_u16(delivery->at);
    if (size < HEADER_BYTES)
        return fall_out_of_step(decoder, stream, DROP_BAD_DNS);
    if (delivery->left - LENGTH_BYTES < size)
        return collect(decoder, stream);
    if (stream->guessed && !message_is_plausible(wire, size, size))
        return fall_out_of_step(decoder, stream, DROP_TCP_LOST);
    advance(delivery, LENGTH_BYTES + size);
    return hand_out(decoder, stream, wire, size, false, &delivery->stamp);
}

/* `size` octets that come next were never captured. True: the message that they belong to is the
 * event, as far as it came; if it ends behind them, the stream stays in step. */
static bool lose(struct decoder *decoder, struct stream *stream, uint32_t size)
{
    uint32_t left = stream->skip;

    stream->skip = 0;
    if (stream->message_size >= LENGTH_BYTES)
        left = LENGTH_BYTES + load_u16(stream->message) - stream->message_size;
    if (left >= size)
        stream->skip = left - size;
    else
        stream->synced = false;
    return stream->message && hand_out_collected(decoder, stream, true);
}

bool stream_next(struct decoder *decoder)
{
    struct delivery *delivery = &decoder->tcp->delivery;

    free_handed_out(decoder->tcp);
    while (delivery->connection) {
        struct stream *stream = &delivery->connection->streams[delivery->side];

        if (delivery->left > 0) {
            if (take_message(decoder, stream))
                return true;
        } else if (delivery->missing > 0) {
            uint32_t missing = delivery->missing;

            delivery->missing = 0;
            if (lose(decoder, stream, missing))
                return true;
            decoder_drop(decoder, DROP_CUT_SHORT);
        } else if (!deliver_kept(decoder)) {
            delivery->connection = NULL;
        }
    }
    return false;
}

bool stream_give_up_gap(struct decoder *decoder, struct stream *stream)
{
    struct tcp *tcp = decoder->tcp;
    uint32_t gap = stream->segments->sequence - stream->next;
    bool found;

    decoder_drop(decoder, DROP_TCP_LOST);
    tcp->delivery = (struct delivery){
        .connection = stream_connection(stream),
        .side = stream->side,
        .late = true,
    };
    found = lose(decoder, stream, gap);
    stream->next += gap;
    return found;
}

bool stream_end(struct decoder *decoder, struct stream *stream)
{
    return stream->message && stream->synced && stream->next == stream->end &&
           hand_out_collected(decoder, stream, false);
}

bool stream_give_up_message(struct decoder *decoder, struct stream *stream)
{
    decoder_drop(decoder, DROP_TCP_LOST);
    stream->synced = false;
    return hand_out_collected(decoder, stream, true);
}
