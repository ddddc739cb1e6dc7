/* One fragmented datagram: the pieces of it that came. */
#ifndef DECODE_DATAGRAM_H
#define DECODE_DATAGRAM_H

#include "decode/fragments.h"
#include "decode/list.h"

#define DATAGRAM_MAX_BYTES 65535

/* What is compared as octets: no padding. */
struct datagram_key {
    struct address source, destination;
    uint32_t id;
    uint16_t ipv6;
    uint16_t protocol; /* part of the identity in IPv4 only */
};

struct chunk {
    struct chunk *next;
    uint32_t offset;
    uint32_t size;     /* on the wire */
    uint32_t captured; /* <= size */
    uint8_t bytes[];
};

struct datagram {
    struct list_node node;
    struct datagram *chain;
    uint64_t hash;
    struct datagram_key key;
    struct chunk *chunks; /* by offset, without overlap */
    unsigned chunk_count;
    size_t held_bytes;  /* what the chunks take */
    uint32_t collected; /* octets in chunks, as on the wire */
    uint32_t total;     /* 0 until the last fragment came */
    uint8_t protocol;   /* of the first fragment */
    bool done;
    bool rejected; /* what comes still counts as `reason` */
    enum drop_reason reason;
    int64_t since_ns;
    struct stamp first; /* the frame of offset 0 */
};

void datagram_drop_chunks(struct datagram *datagram);

/* Fills the holes that the fragment's octets at `packet` cover. -1: they contradict what is there,
 * lie where the datagram cannot have any, or are too many pieces. */
int datagram_merge(struct datagram *datagram, const struct packet *packet,
                   const struct fragment *fragment);

static inline bool datagram_is_whole(const struct datagram *datagram)
{
    return datagram->total != 0 && datagram->collected == datagram->total;
}

/* Copies the octets from the beginning up to the first that was not captured, and returns how many.
 */
uint32_t datagram_copy(const struct datagram *datagram, uint8_t bytes[DATAGRAM_MAX_BYTES]);

#endif
