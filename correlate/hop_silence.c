#include "correlate/hop.h"

#define SAME_MINUTES_NS (120 * SECOND_NS)

static bool answered_in_this_try(const struct inquiry *inquiry, const struct address *server)
{
    for (unsigned i = 0; i < inquiry->item_count; i++) {
        const struct exchange *exchange = inquiry->items[i].exchange;

        if (inquiry->items[i].active && exchange->responded &&
            exchange->response_ns <= inquiry->failed_ns && address_equal(&exchange->server, server))
            return true;
    }
    return false;
}

bool address_is_useless(const struct inquiry *inquiry, const struct address *address, bool is_aaaa)
{
    const char *special_use = address_special_use(address, is_aaaa);

    return special_use && !parties_special_use_works(inquiry->knowledge->parties, special_use);
}

/* Meanwhile, or in the minutes before; what came with EDNS went unanswered all that time. */
static bool answers_without_edns_alone(const struct server *server,
                                       const struct hop_address *address)
{
    int64_t since_ns = address->first_ns;

    if (server->answered_plain_query_ns < since_ns)
        since_ns -= SAME_MINUTES_NS;
    return address->edns_only && server->answered_plain_query_ns >= since_ns &&
           server->answered_edns_query_ns < since_ns;
}

static enum outcome meaning_of_silence(const struct inquiry *inquiry,
                                       const struct hop_address *address)
{
    const struct server *server = parties_server(inquiry->knowledge->parties, &address->address);

    if (address_is_useless(inquiry, &address->address, !address_is_ipv4(&address->address)))
        return OUTCOME_BAD_ADDRESS;
    if (server && answers_without_edns_alone(server, address))
        return OUTCOME_EDNS_DROPPED;
    if (server && !server_came_back(server, address->first_ns, inquiry->failed_ns) &&
        (server_answered_query_ns(server) >= address->first_ns ||
         server->interleaved_ns > address->first_ns - SAME_MINUTES_NS))
        return OUTCOME_INTERMITTENT;
    return answered_in_this_try(inquiry, &address->address) ? OUTCOME_INTERMITTENT
                                                            : OUTCOME_TIMEOUT;
}

/* Did a forwarder answer something else of this try, too late? Then it is slow, not dead. */
static bool is_slow_forwarder(const struct hop *hop, const struct hop_address *address,
                              const struct inquiry *inquiry)
{
    for (unsigned i = 0; hop->forwarder && i < inquiry->item_count; i++) {
        const struct item *item = &inquiry->items[i];

        if (item->active && item->outcome == OUTCOME_LATE &&
            address_equal(&item->exchange->server, &address->address))
            return true;
    }
    return false;
}

bool ipv6_ever_answered(const struct inquiry *inquiry)
{
    for (size_t i = 0; i < inquiry->egress_count; i++) {
        const struct asker *asker =
            parties_asker(inquiry->knowledge->parties, &inquiry->egresses[i]);

        if (asker && asker->answers_received_ipv6 > 0)
            return true;
    }
    return false;
}

/* Has it answered nothing since some query, which was sent while the question was worked on or
 * before? */
static bool is_silent_over_udp(const struct server *server, const struct inquiry *inquiry)
{
    int64_t answered_ns = server_answered_query_ns(server);

    return server->asked && (answered_ns == NEVER || (server->open_query_ns > answered_ns &&
                                                      server->open_query_ns <= inquiry->failed_ns));
}

/* TCP as the last resort, where UDP was tried before and brought nothing, says no more than that.
 */
static enum outcome meaning_of_tcp_silence(const struct inquiry *inquiry,
                                           const struct hop_address *address)
{
    const struct server *server = parties_server(inquiry->knowledge->parties, &address->address);

    if (address_is_useless(inquiry, &address->address, !address_is_ipv4(&address->address)))
        return OUTCOME_BAD_ADDRESS;
    return server && is_silent_over_udp(server, inquiry) ? OUTCOME_TIMEOUT : OUTCOME_TCP_TIMEOUT;
}

/* Where some server of the zone proves alive and still did not answer this, the others that
 * answered anything a minute ago are not dead either. */
static void spread_intermittence(struct hop *hop, const struct inquiry *inquiry)
{
    bool any = false;

    for (unsigned i = 0; i < hop->address_count; i++)
        any |= hop->addresses[i].outcome == OUTCOME_INTERMITTENT;
    for (unsigned i = 0; any && i < hop->address_count; i++) {
        struct hop_address *address = &hop->addresses[i];
        const struct server *server =
            parties_server(inquiry->knowledge->parties, &address->address);

        if (address->outcome == OUTCOME_TIMEOUT && server &&
            server_answered_query_ns(server) != NEVER &&
            server_answered_query_ns(server) > address->first_ns - SAME_MINUTES_NS)
            address->outcome = OUTCOME_INTERMITTENT;
    }
}

static enum outcome read_silence(const struct hop *hop, const struct hop_address *address,
                                 const struct inquiry *inquiry)
{
    if (address->outcome == OUTCOME_TCP_TIMEOUT)
        return meaning_of_tcp_silence(inquiry, address);
    if (address->outcome != OUTCOME_TIMEOUT)
        return address->outcome;
    return is_slow_forwarder(hop, address, inquiry) ? OUTCOME_LATE
                                                    : meaning_of_silence(inquiry, address);
}

void hop_read_silence(struct hop *hop, const struct inquiry *inquiry)
{
    for (unsigned i = 0; i < hop->address_count; i++)
        hop->addresses[i].outcome = read_silence(hop, &hop->addresses[i], inquiry);
    spread_intermittence(hop, inquiry);
}
