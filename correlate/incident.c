#include "correlate/incident.h"

#include <string.h>

#include "decode/hash.h"

static const struct {
    const char *code;
    const char *text;
} outcomes[OUTCOME_COUNT] = {
#define X(id, code, text) [OUTCOME_##id] = {code, text},
    OUTCOMES(X)
#undef X
};

static const struct {
    const char *code;
    const char *text;
} dependencies[DEPENDENCY_COUNT] = {
#define X(id, code, text) [DEPENDENCY_##id] = {code, text},
    DEPENDENCIES(X)
#undef X
};

const char *outcome_code(enum outcome outcome)
{
    return outcomes[outcome].code;
}

const char *outcome_text(enum outcome outcome)
{
    return outcomes[outcome].text;
}

const char *dependency_code(enum dependency dependency)
{
    return dependencies[dependency].code;
}

const char *dependency_text(enum dependency dependency)
{
    return dependencies[dependency].text;
}

/* Appends big-endian, so that the identity is the same on every machine. */
static size_t put(uint8_t *buffer, size_t at, uint64_t value, unsigned octets)
{
    for (unsigned i = 0; i < octets; i++)
        buffer[at + i] = (uint8_t)(value >> 8 * (octets - 1 - i));
    return at + octets;
}

uint64_t incident_identity(const struct address *resolver, const struct address *client,
                           uint16_t client_port, enum transport transport, uint16_t id,
                           const struct name *qname, uint16_t qtype, uint16_t qclass,
                           int64_t time_ns)
{
    uint8_t buffer[16 + 16 + 2 + 1 + 2 + 2 + 2 + 8 + NAME_MAX_BYTES];
    size_t at = 0;
    uint64_t identity;

    memcpy(buffer, resolver->bytes, 16);
    memcpy(buffer + 16, client->bytes, 16);
    at = put(buffer, 32, client_port, 2);
    at = put(buffer, at, transport, 1);
    at = put(buffer, at, id, 2);
    at = put(buffer, at, qtype, 2);
    at = put(buffer, at, qclass, 2);
    at = put(buffer, at, (uint64_t)(time_ns / 1000), 8);
    memcpy(buffer + at, qname->bytes, qname->size_bytes);
    identity = hash_stable(buffer, at + qname->size_bytes);
    return identity ? identity : 1; /* 0 stands for none */
}
