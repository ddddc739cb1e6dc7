#include "correlate/connection.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/table.h"
#include "decode/hash.h"

struct connections {
    struct table *table; /* by asker and server */
};

struct connections *connections_new(uint64_t memory_bytes)
{
    struct connections *connections = calloc(1, sizeof(*connections));

    if (!connections)
        return NULL;
    connections->table = table_new(
        sizeof(struct connection),
        (uint32_t)(memory_bytes / table_slot_cost(sizeof(struct connection)) + 16), NULL, NULL);
    if (!connections->table) {
        free(connections);
        return NULL;
    }
    return connections;
}

void connections_free(struct connections *connections)
{
    if (!connections)
        return;
    table_free(connections->table);
    free(connections);
}

static uint64_t key_of(const struct address *asker, const struct address *server)
{
    struct address pair[2] = {*asker, *server};

    return hash_bytes(pair, sizeof(pair));
}

const struct connection *connections_find(const struct connections *connections,
                                          const struct address *asker, const struct address *server)
{
    return table_find(connections->table, key_of(asker, server));
}

static struct connection *get(struct connections *connections, const struct flow *flow)
{
    uint64_t key = key_of(&flow->source, &flow->destination);
    struct connection *connection = table_find(connections->table, key);

    if (!connection)
        return table_add(connections->table, key, hash_bytes(&flow->source, sizeof(flow->source)));
    table_touch(connections->table, connection);
    return connection;
}

static struct connection_attempt *find_attempt(struct connection *connection, uint16_t port)
{
    for (unsigned i = connection->attempt_count; i-- > 0;)
        if (connection->attempts[i].asker_port == port)
            return &connection->attempts[i];
    return NULL;
}

static struct connection_attempt *add_attempt(struct connection *connection)
{
    if (connection->attempt_count == ATTEMPTS_MAX) {
        memmove(&connection->attempts[0], &connection->attempts[1],
                (ATTEMPTS_MAX - 1) * sizeof(connection->attempts[0]));
        connection->attempt_count--;
    }
    return &connection->attempts[connection->attempt_count++];
}

static const enum outcome outcome_of_turn[] = {
    [TCP_SYN] = OUTCOME_TCP_TIMEOUT,     [TCP_ACCEPTED] = OUTCOME_TCP_ACCEPTED,
    [TCP_REFUSED] = OUTCOME_TCP_REFUSED, [TCP_RESET] = OUTCOME_TCP_RESET,
    [TCP_CLOSED] = OUTCOME_TCP_ACCEPTED,
};

void connections_see_tcp(struct connections *connections, const struct event *event)
{
    struct connection *connection = get(connections, &event->flow);
    struct connection_attempt *attempt = find_attempt(connection, event->flow.source_port);

    /* A SYN for a port whose connection is over begins another. */
    if (event->tcp == TCP_SYN && (!attempt || attempt->turn != TCP_SYN)) {
        attempt = add_attempt(connection);
        *attempt = (struct connection_attempt){.syn_ns = event->time_ns,
                                               .asker_port = event->flow.source_port};
    }
    if (!attempt)
        return;
    attempt->turn = (uint8_t)event->tcp;
    attempt->outcome = (uint8_t)outcome_of_turn[event->tcp];
}

enum outcome outcome_of_icmp(enum icmp_reason reason)
{
    static const enum outcome outcomes[] = {
        [ICMP_NET] = OUTCOME_ICMP_NET,        [ICMP_HOST] = OUTCOME_ICMP_HOST,
        [ICMP_PORT] = OUTCOME_ICMP_PORT,      [ICMP_PROHIBITED] = OUTCOME_ICMP_PROHIBITED,
        [ICMP_PROTOCOL] = OUTCOME_ICMP_OTHER, [ICMP_TIME_EXCEEDED] = OUTCOME_ICMP_OTHER,
        [ICMP_TOO_BIG] = OUTCOME_COUNT,       [ICMP_OTHER] = OUTCOME_COUNT,
    };

    return outcomes[reason];
}

void connections_see_icmp(struct connections *connections, const struct event *event)
{
    enum outcome outcome = outcome_of_icmp(event->icmp.reason);
    struct connection *connection;
    struct connection_attempt *attempt;

    if (outcome == OUTCOME_COUNT)
        return;
    connection = get(connections, &event->flow);
    if (event->icmp.transport == TRANSPORT_TCP) {
        attempt = find_attempt(connection, event->flow.source_port);
        if (attempt && attempt->turn == TCP_SYN)
            attempt->outcome = (uint8_t)outcome;
        return;
    }
    if (connection->rejection_count == REJECTIONS_MAX) {
        memmove(&connection->rejections[0], &connection->rejections[1],
                (REJECTIONS_MAX - 1) * sizeof(connection->rejections[0]));
        connection->rejection_count--;
    }
    connection->rejections[connection->rejection_count++] =
        (struct rejection){event->time_ns, event->flow.source_port, (uint8_t)outcome};
}

void connections_count(const struct connections *connections, struct table_fill *fill)
{
    table_count(connections->table, fill);
}
