#include "decode/tcp.h"

#include <assert.h>

#include "decode/duplicate.h"
#include "decode/hash.h"
#include "decode/stream.h"

#define TCP_BYTES      20
#define ENCRYPTED_PORT 853
#define GAP_NS         (3 * INT64_C(1000000000))

enum { FLAG_FIN = 0x01, FLAG_SYN = 0x02, FLAG_RST = 0x04, FLAG_ACK = 0x10 };

/* What of a TCP header matters here. */
struct header {
    uint32_t sequence, acknowledged;
    uint8_t flags;
};

/* Who connects, as far as the ports tell. */
static unsigned guess_client(const struct decoder *decoder, const struct flow *key)
{
    return decoder_has_port(decoder, key->source_port) &&
                   !decoder_has_port(decoder, key->destination_port)
               ? 1
               : 0;
}

static int turn_event(struct decoder *decoder, const struct flow *flow, enum tcp_turn turn)
{
    decoder->event->kind = EVENT_TCP;
    decoder->event->flow = *flow;
    decoder->event->tcp = turn;
    return PACKET_EVENT;
}

/* To be told behind the messages of the same frame. */
static void close_later(struct tcp *tcp, const struct connection *connection, enum tcp_turn turn)
{
    tcp->closing = true;
    tcp->closing_turn = turn;
    tcp->closing_flow = connection_flow(connection, connection->client);
}

static int take_syn(struct decoder *decoder, struct connection *connection, unsigned side,
                    const struct header *header)
{
    struct stream *stream = &connection->streams[side];
    struct flow flow;

    /* Another initial sequence number: the ports are used again. */
    if (!stream->opened || stream->first != header->sequence) {
        stream_open(decoder->tcp, connection, side, header->sequence);
        stream_clear(decoder->tcp, connection, !side);
        connection->streams[!side].opened = connection->streams[!side].finished = false;
        connection->client = side;
        connection->accepted = false;
    }
    connection->reset = false;
    flow = connection_flow(connection, side);
    return turn_event(decoder, &flow, TCP_SYN);
}

static int take_syn_ack(struct decoder *decoder, struct connection *connection, unsigned side,
                        const struct header *header)
{
    struct stream *server = &connection->streams[side];
    struct stream *client = &connection->streams[!side];
    struct flow flow;

    if (server->opened && server->first == header->sequence)
        return PACKET_KEPT;
    stream_open(decoder->tcp, connection, side, header->sequence);
    if (!client->opened || client->first + 1 != header->acknowledged)
        stream_open(decoder->tcp, connection, !side, header->acknowledged - 1);
    connection->client = !side;
    connection->accepted = true;
    connection->reset = false;
    flow = connection_flow(connection, !side);
    return turn_event(decoder, &flow, TCP_ACCEPTED);
}

/* `end`: the sequence number behind the segment's octets. */
static void take_end(struct decoder *decoder, struct connection *connection, unsigned side,
                     const struct header *header, uint32_t end)
{
    struct tcp *tcp = decoder->tcp;
    bool from_server = side != connection->client;

    if (header->flags & FLAG_RST) {
        if (from_server && !connection->reset)
            close_later(tcp, connection,
                        connection->accepted || connection->live ? TCP_RESET : TCP_REFUSED);
        connection->reset = true;
    } else {
        if (from_server && !connection->streams[side].finished)
            close_later(tcp, connection, TCP_CLOSED);
        connection->streams[side].finished = true;
        connection->streams[side].end = end;
        tcp->ended = &connection->streams[side];
    }
    if (connection->reset || (connection->streams[0].finished && connection->streams[1].finished))
        connection_retire(tcp, connection);
}

/* The end of a connection of which nothing is known. */
static int take_stray_end(struct decoder *decoder, const struct flow *key, unsigned side,
                          const struct header *header)
{
    struct connection stranger = {.key = *key, .client = guess_client(decoder, key)};
    struct flow flow = connection_flow(&stranger, stranger.client);

    if (side == stranger.client || !(header->flags & (FLAG_RST | FLAG_FIN)))
        return PACKET_KEPT;
    if (!(header->flags & FLAG_RST))
        return turn_event(decoder, &flow, TCP_CLOSED);
    /* Only what refuses a SYN has no sequence number of its own (RFC 9293 section 3.10.7.1). */
    return turn_event(decoder, &flow,
                      header->sequence == 0 && header->flags & FLAG_ACK ? TCP_REFUSED : TCP_RESET);
}

static int take_segment(struct decoder *decoder, const struct packet *packet,
                        const struct header *header)
{
    struct tcp *tcp = decoder->tcp;
    uint32_t payload_size = (uint32_t)packet_size(packet) + packet->missing;
    bool has_payload = payload_size > 0;
    bool syn = header->flags & FLAG_SYN && !(header->flags & FLAG_RST);
    struct connection *connection;
    int verdict = PACKET_KEPT;
    struct flow key;
    unsigned side = connection_side(&decoder->event->flow, &key);
    uint64_t hash = hash_bytes(&key, sizeof(key));

    connections_expire(decoder);
    connection = connection_find(tcp, &key, hash);
    if (!connection && !syn && (!has_payload || header->flags & FLAG_RST))
        return take_stray_end(decoder, &key, side, header);
    if (!connection)
        connection = connection_add(decoder, &key, hash, guess_client(decoder, &key));
    /* A RST may explain itself in a payload, which is none of the stream (RFC 1122 4.2.2.12). */
    if (header->flags & FLAG_RST)
        has_payload = false;
    if (syn)
        verdict = header->flags & FLAG_ACK ? take_syn_ack(decoder, connection, side, header)
                                           : take_syn(decoder, connection, side, header);
    if (has_payload) {
        int payload = stream_take(decoder, connection, side, header->sequence + syn, packet);

        if (verdict == PACKET_KEPT)
            verdict = payload;
    }
    /* What makes no sense as DNS over TCP has no claim to the place of what does. */
    connection_touch(decoder, connection, !syn && connection->streams[side].synced && has_payload);
    if (header->flags & (FLAG_FIN | FLAG_RST))
        take_end(decoder, connection, side, header, header->sequence + syn + payload_size);
    return verdict;
}

/* `bytes`: the header, with its options. */
static bool is_duplicate(struct decoder *decoder, const struct packet *packet, const uint8_t *bytes,
                         size_t header_size)
{
    uint32_t payload = (uint32_t)packet_size(packet) + packet->missing;
    const uint32_t size = (uint32_t)header_size + payload;
    uint64_t between = hash_bytes(&decoder->event->flow, sizeof(decoder->event->flow));
    struct likeness likeness =
        likeness_of(packet, hash_mix(between, bytes[13]), size, hash_load(bytes + 4));

    likeness.checksum = load_u16(bytes + 16);
    likeness.protocol = PROTOCOL_TCP;
    return duplicate_found(decoder, &likeness);
}

int tcp_decode(struct decoder *decoder, struct packet *packet)
{
    const uint8_t *bytes = packet->at;
    struct flow *flow = &decoder->event->flow;
    struct header header;
    size_t header_size;

    if (packet_size(packet) < TCP_BYTES)
        return packet_too_short(packet, DROP_BAD_TCP);
    flow->source_port = load_u16(bytes);
    flow->destination_port = load_u16(bytes + 2);
    header_size = (size_t)(bytes[12] >> 4) * 4;
    if (header_size < TCP_BYTES)
        return DROP_BAD_TCP;
    if (packet_size(packet) < header_size)
        return packet_too_short(packet, DROP_BAD_TCP);
    packet->at += header_size;
    if (!decoder_has_port(decoder, flow->source_port) &&
        !decoder_has_port(decoder, flow->destination_port)) {
        if (flow->source_port == ENCRYPTED_PORT || flow->destination_port == ENCRYPTED_PORT)
            return encrypted_decode(decoder, packet);
        return DROP_NOT_DNS;
    }
    if (is_duplicate(decoder, packet, bytes, header_size))
        return DROP_DUPLICATE;
    header = (struct header){
        .sequence = load_u32(bytes + 4),
        .acknowledged = load_u32(bytes + 8),
        .flags = bytes[13],
    };
    return take_segment(decoder, packet, &header);
}

/* Has the oldest gap been waited for in vain? A clock that was set back counts, too. */
static bool gap_is_over(const struct tcp *tcp, int64_t now_ns)
{
    struct list_node *node = list_first(&tcp->gaps);
    int64_t waited_ns;

    if (!node)
        return false;
    if (__builtin_sub_overflow(now_ns, LIST_ELEMENT(node, struct stream, gap)->gap_since_ns,
                               &waited_ns))
        return true;
    return waited_ns >= GAP_NS || waited_ns < -GAP_NS;
}

/* A stream that has waited long enough for what it lacks, or NULL. */
static struct stream *hopeless_stream(struct decoder *decoder)
{
    struct tcp *tcp = decoder->tcp;
    struct list_node *node = list_first(&tcp->gaps);
    struct stream *stream = tcp->overfull;

    tcp->overfull = NULL;
    if (stream)
        return stream;
    if (node && (decoder->finishing || gap_is_over(tcp, decoder->now.time_ns)))
        return LIST_ELEMENT(node, struct stream, gap);
    return NULL;
}

/* A stream that holds the beginning of a message, or NULL. */
static struct stream *unfinished_stream(struct tcp *tcp)
{
    struct list_node *node = list_first(&tcp->holders);
    struct connection *connection;

    if (!node)
        return NULL;
    connection = LIST_ELEMENT(node, struct connection, holding);
    if (connection->streams[0].message)
        return &connection->streams[0];
    assert(connection->streams[1].message); /* gaps were given up before */
    return &connection->streams[1];
}

bool tcp_is_waiting(const struct tcp *tcp)
{
    return tcp->delivery.connection || tcp->ended || tcp->closing || tcp->handed_out ||
           tcp->gaps.count > 0;
}

bool tcp_is_due(const struct tcp *tcp, int64_t now_ns)
{
    return tcp->delivery.connection || tcp->ended || tcp->closing || tcp->overfull ||
           gap_is_over(tcp, now_ns);
}

bool tcp_next(struct decoder *decoder)
{
    struct tcp *tcp = decoder->tcp;
    struct stream *stream;

    if (stream_next(decoder))
        return true;
    if (tcp->ended) {
        stream = tcp->ended;
        tcp->ended = NULL;
        if (stream_end(decoder, stream))
            return true;
    }
    if (tcp->closing) {
        tcp->closing = false;
        turn_event(decoder, &tcp->closing_flow, tcp->closing_turn);
        decoder_stamp_event(decoder, &decoder->now);
        return true;
    }
    while ((stream = hopeless_stream(decoder)))
        if (stream_give_up_gap(decoder, stream) || stream_next(decoder))
            return true;
    while (decoder->finishing && (stream = unfinished_stream(tcp)))
        if (stream_give_up_message(decoder, stream))
            return true;
    return false;
}
