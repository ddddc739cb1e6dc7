/* The keyed hash of an exchange: who asks whom, from which port, under which ID. */
#ifndef DECODE_FLOW_HASH_H
#define DECODE_FLOW_HASH_H

#include "decode/event.h"
#include "decode/hash_words.h"

/* The same of a query and its response. Each end has secrets of its own, and those change places
 * with the direction, not the addresses. */
static inline uint64_t exchange_hash(const struct flow *flow, bool is_response,
                                     enum transport transport, uint16_t id)
{
    const struct hash_key *key = hash_key();
    uint64_t source[2], destination[2];
    uint64_t rest = (uint64_t)transport << 32 | (uint64_t)id << 16 | flow_port(flow, is_response);
    hash_sum sum;

    memcpy(source, &flow->source, sizeof(source));
    memcpy(destination, &flow->destination, sizeof(destination));
    sum = hash_pair(key, is_response, source[0], source[1]);
    sum = hash_add(sum, hash_pair(key, !is_response, destination[0], destination[1]));
    sum = hash_add(sum, hash_pair(key, 2, rest, 0));
    return hash_finish(key, sum, sizeof(source) + sizeof(destination) + sizeof(rest));
}

/* Of a flow as sent by the asker. */
static inline uint64_t flow_hash(const struct flow *flow, enum transport transport, uint16_t id)
{
    return exchange_hash(flow, false, transport, id);
}

#endif
