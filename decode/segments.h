/* Segments that came before others that lie before them: kept in their order until the gap is
 * filled, or given up. */
#ifndef DECODE_SEGMENTS_H
#define DECODE_SEGMENTS_H

#include "decode/connections.h"

/* Keeps a copy of a segment that lies ahead of stream->next. PACKET_KEPT or a reason. */
int segments_keep(struct decoder *decoder, struct stream *stream, uint32_t sequence,
                  const struct packet *packet);

/* Takes out the first (there is one); the caller frees it. */
struct segment *segments_pop(struct tcp *tcp, struct stream *stream);

/* The stream waits from now on if there are segments, and does not if there are none. */
void segments_note_gap(struct decoder *decoder, struct stream *stream);

#endif
