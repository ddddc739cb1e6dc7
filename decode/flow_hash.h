/* The keyed hash of an exchange: who asks whom, from which port, under which ID. */
#ifndef DECODE_FLOW_HASH_H
#define DECODE_FLOW_HASH_H

#include "decode/event.h"
#include "decode/hash_words.h"

static inline uint64_t exchange_hash(const struct address *asker, uint16_t asker_port,
                                     const struct address *server, enum transport transport,
                                     uint16_t id)
{
    uint64_t words[5];

    memcpy(words, asker, sizeof(*asker));
    memcpy(words + 2, server, sizeof(*server));
    words[4] = (uint64_t)transport << 32 | (uint64_t)id << 16 | asker_port;
    return hash_words(words, 5);
}

/* Of a flow as sent by the asker. */
static inline uint64_t flow_hash(const struct flow *flow, enum transport transport, uint16_t id)
{
    return exchange_hash(&flow->source, flow->source_port, &flow->destination, transport, id);
}

#endif
