#include "decode/datagram.h"

#include <stdlib.h>

/* More pieces make only work: they are at least eight octets, and honest ones a thousand. */
#define CHUNKS_MAX 256

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

void datagram_drop_chunks(struct datagram *datagram)
{
    while (datagram->chunks) {
        struct chunk *chunk = datagram->chunks;

        datagram->chunks = chunk->next;
        free(chunk);
    }
    datagram->chunk_count = 0;
    datagram->held_bytes = 0;
}

/* Do the octets that both captured agree? */
static bool agrees(const struct chunk *chunk, const struct packet *packet, uint32_t offset)
{
    uint32_t end = smaller(chunk->offset + chunk->captured, offset + (uint32_t)packet_size(packet));
    uint32_t begin = chunk->offset > offset ? chunk->offset : offset;

    return end <= begin || memcmp(chunk->bytes + (begin - chunk->offset),
                                  packet->at + (begin - offset), end - begin) == 0;
}

static struct chunk *chunk_new(const struct packet *packet, uint32_t packet_offset, uint32_t begin,
                               uint32_t end)
{
    uint32_t skipped = begin - packet_offset;
    uint32_t captured = 0;
    struct chunk *chunk;

    if (packet_size(packet) > skipped)
        captured = smaller((uint32_t)packet_size(packet) - skipped, end - begin);
    chunk = malloc(sizeof(*chunk) + captured);
    if (!chunk)
        return NULL;
    chunk->offset = begin;
    chunk->size = end - begin;
    chunk->captured = captured;
    memcpy(chunk->bytes, packet->at + (captured > 0 ? skipped : 0), captured);
    return chunk;
}

static int fill_holes(struct datagram *datagram, const struct packet *packet, uint32_t offset,
                      uint32_t end)
{
    struct chunk **link = &datagram->chunks;
    uint32_t at = offset;

    while (at < end) {
        struct chunk *chunk = *link;
        struct chunk *piece;

        if (chunk && chunk->offset <= at) {
            if (chunk->offset + chunk->size > at) {
                if (!agrees(chunk, packet, offset))
                    return -1;
                at = chunk->offset + chunk->size;
            }
            link = &chunk->next;
            continue;
        }
        if (datagram->chunk_count == CHUNKS_MAX)
            return -1;
        piece = chunk_new(packet, offset, at, chunk ? smaller(end, chunk->offset) : end);
        if (!piece)
            return -1;
        piece->next = chunk;
        *link = piece;
        datagram->chunk_count++;
        datagram->collected += piece->size;
        datagram->held_bytes += sizeof(*piece) + piece->captured;
        at += piece->size;
        link = &piece->next;
    }
    return 0;
}

/* Where the octets of the datagram's chunks end; 0 without any. */
static uint32_t reach(const struct datagram *datagram)
{
    uint32_t end = 0;

    for (const struct chunk *chunk = datagram->chunks; chunk; chunk = chunk->next)
        end = chunk->offset + chunk->size;
    return end;
}

/* Takes what the fragment says of the whole. -1: it cannot be part of it. */
static int note_bounds(struct datagram *datagram, const struct fragment *fragment, uint32_t end)
{
    if (fragment->more)
        return datagram->total != 0 && end > datagram->total ? -1 : 0;
    if ((datagram->total != 0 && datagram->total != end) || reach(datagram) > end)
        return -1;
    datagram->total = end;
    return 0;
}

int datagram_merge(struct datagram *datagram, const struct packet *packet,
                   const struct fragment *fragment)
{
    uint32_t end = fragment->offset + (uint32_t)packet_size(packet) + packet->missing;

    if (note_bounds(datagram, fragment, end) != 0)
        return -1;
    return fill_holes(datagram, packet, fragment->offset, end);
}

uint32_t datagram_copy(const struct datagram *datagram, uint8_t bytes[DATAGRAM_MAX_BYTES])
{
    uint32_t size = 0;

    for (const struct chunk *chunk = datagram->chunks; chunk && chunk->offset == size;
         chunk = chunk->next) {
        memcpy(bytes + size, chunk->bytes, chunk->captured);
        size += chunk->captured;
    }
    return size;
}
