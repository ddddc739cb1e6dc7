/* One direction of a TCP connection: segments in any order in, DNS messages out (RFC 1035 section
 * 4.2.2: each behind two octets of length).
 *
 * A stream is in step ("synced") while it knows that the octet `next` continues the message that it
 * collects, or begins one. It falls out of step at octets that never come and cannot be counted
 * past, or when it was met half-way; then every segment is tried as the beginning of a message, and
 * since servers write a message at a time the next one nearly always is. */
#ifndef DECODE_STREAM_H
#define DECODE_STREAM_H

#include "decode/connections.h"

/* Forgets everything; it is to be synced again. */
void stream_clear(struct tcp *tcp, struct connection *connection, unsigned side);
/* Its SYN has the sequence number `first`. */
void stream_open(struct tcp *tcp, struct connection *connection, unsigned side, uint32_t first);

/* Takes the octets of a segment: kept for later, or to be turned into messages by stream_next(). */
int stream_take(struct decoder *decoder, struct connection *connection, unsigned side,
                uint32_t sequence, const struct packet *packet);

/* True and the next message in decoder->event out of what was taken. What it points to lives until
 * the next call. */
bool stream_next(struct decoder *decoder);

/* Gives up the octets that `stream` waits for. True: a message that they are part of is the event;
 * the rest comes by stream_next(). */
bool stream_give_up_gap(struct decoder *decoder, struct stream *stream);
/* The sender has ended. True: he did so in the middle of a message, which is the event. */
bool stream_end(struct decoder *decoder, struct stream *stream);
/* No more octets will come. True: the message that was begun is the event. */
bool stream_give_up_message(struct decoder *decoder, struct stream *stream);

#endif
