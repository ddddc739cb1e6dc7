#include "correlate/hop.h"

#include "correlate/unheard.h"
/* How an address failed, and what that makes of a hop when most of its addresses failed so. An
 * answer that cannot be used outranks silence and lateness; within a rank the way in which most
 * addresses failed decides, ties go by the order of these rows. */
enum rank { RANK_SILENT, RANK_ANSWERED };

static const struct row {
    enum outcome outcome;
    enum rank rank;
    enum cause of_zone;
    enum cause of_forwarder;
} rows[] = {
    {OUTCOME_REFUSED, RANK_ANSWERED, CAUSE_LAME_REFUSED, CAUSE_FORWARDER_REFUSED},
    {OUTCOME_SERVFAIL, RANK_ANSWERED, CAUSE_ZONE_SERVFAIL, CAUSE_FORWARDER_SERVFAIL},
    {OUTCOME_NOT_AUTHORITATIVE, RANK_ANSWERED, CAUSE_LAME_NOT_AUTHORITATIVE,
     CAUSE_FORWARDER_INVALID_RESPONSE},
    {OUTCOME_UPWARD_REFERRAL, RANK_ANSWERED, CAUSE_LAME_UPWARD_REFERRAL,
     CAUSE_FORWARDER_INVALID_RESPONSE},
    {OUTCOME_NOTAUTH, RANK_ANSWERED, CAUSE_LAME_NOTAUTH, CAUSE_FORWARDER_INVALID_RESPONSE},
    {OUTCOME_INTERCEPTED, RANK_ANSWERED, CAUSE_NETWORK_INTERCEPTED,
     CAUSE_FORWARDER_INVALID_RESPONSE},
    {OUTCOME_TRUNCATED_TCP_REFUSED, RANK_ANSWERED, CAUSE_NETWORK_TRUNCATED_TCP_FAILED,
     CAUSE_NETWORK_TRUNCATED_TCP_FAILED},
    {OUTCOME_TRUNCATED_TCP_TIMEOUT, RANK_ANSWERED, CAUSE_NETWORK_TRUNCATED_TCP_FAILED,
     CAUSE_NETWORK_TRUNCATED_TCP_FAILED},
    {OUTCOME_TRUNCATED_TCP_RESET, RANK_ANSWERED, CAUSE_NETWORK_TRUNCATED_TCP_FAILED,
     CAUSE_NETWORK_TRUNCATED_TCP_FAILED},
    {OUTCOME_TRUNCATED, RANK_ANSWERED, CAUSE_NETWORK_TRUNCATED_TCP_FAILED,
     CAUSE_NETWORK_TRUNCATED_TCP_FAILED},
    {OUTCOME_FORMERR, RANK_ANSWERED, CAUSE_ZONE_INVALID_RESPONSE, CAUSE_FORWARDER_INVALID_RESPONSE},
    {OUTCOME_NOTIMP, RANK_ANSWERED, CAUSE_ZONE_INVALID_RESPONSE, CAUSE_FORWARDER_INVALID_RESPONSE},
    {OUTCOME_BADVERS, RANK_ANSWERED, CAUSE_ZONE_INVALID_RESPONSE, CAUSE_FORWARDER_INVALID_RESPONSE},
    {OUTCOME_OTHER_RCODE, RANK_ANSWERED, CAUSE_ZONE_INVALID_RESPONSE,
     CAUSE_FORWARDER_INVALID_RESPONSE},
    {OUTCOME_MALFORMED, RANK_ANSWERED, CAUSE_ZONE_INVALID_RESPONSE,
     CAUSE_FORWARDER_INVALID_RESPONSE},
    {OUTCOME_WRONG_OWNER, RANK_ANSWERED, CAUSE_ZONE_INVALID_RESPONSE,
     CAUSE_FORWARDER_INVALID_RESPONSE},
    {OUTCOME_EMPTY, RANK_ANSWERED, CAUSE_ZONE_INVALID_RESPONSE, CAUSE_FORWARDER_INVALID_RESPONSE},
    {OUTCOME_WRONG_ID, RANK_ANSWERED, CAUSE_NETWORK_RESPONSE_MISMATCH,
     CAUSE_FORWARDER_INVALID_RESPONSE},
    {OUTCOME_WRONG_SOURCE, RANK_ANSWERED, CAUSE_NETWORK_RESPONSE_MISMATCH,
     CAUSE_FORWARDER_INVALID_RESPONSE},
    {OUTCOME_WRONG_QUESTION, RANK_ANSWERED, CAUSE_NETWORK_RESPONSE_MISMATCH,
     CAUSE_FORWARDER_INVALID_RESPONSE},
    {OUTCOME_WRONG_CASE, RANK_ANSWERED, CAUSE_NETWORK_RESPONSE_MISMATCH,
     CAUSE_FORWARDER_INVALID_RESPONSE},
    {OUTCOME_FRAGMENT_LOST, RANK_ANSWERED, CAUSE_NETWORK_FRAGMENT_LOST,
     CAUSE_NETWORK_FRAGMENT_LOST},
    {OUTCOME_LATE, RANK_SILENT, CAUSE_TIMEOUT_SLOW_SERVER, CAUSE_FORWARDER_SLOW},
    {OUTCOME_EDNS_DROPPED, RANK_SILENT, CAUSE_NETWORK_EDNS_BLOCKED, CAUSE_NETWORK_EDNS_BLOCKED},
    {OUTCOME_TIMEOUT, RANK_SILENT, CAUSE_UNREACHABLE_NO_RESPONSE, CAUSE_FORWARDER_DOWN},
    {OUTCOME_ICMP_NET, RANK_SILENT, CAUSE_UNREACHABLE_ICMP, CAUSE_FORWARDER_DOWN},
    {OUTCOME_ICMP_HOST, RANK_SILENT, CAUSE_UNREACHABLE_ICMP, CAUSE_FORWARDER_DOWN},
    {OUTCOME_ICMP_PORT, RANK_SILENT, CAUSE_UNREACHABLE_ICMP, CAUSE_FORWARDER_DOWN},
    {OUTCOME_ICMP_PROHIBITED, RANK_SILENT, CAUSE_UNREACHABLE_ICMP, CAUSE_FORWARDER_DOWN},
    {OUTCOME_ICMP_OTHER, RANK_SILENT, CAUSE_UNREACHABLE_ICMP, CAUSE_FORWARDER_DOWN},
    {OUTCOME_BAD_ADDRESS, RANK_SILENT, CAUSE_UNREACHABLE_BAD_ADDRESS, CAUSE_FORWARDER_DOWN},
    {OUTCOME_TCP_TIMEOUT, RANK_SILENT, CAUSE_UNREACHABLE_TCP, CAUSE_FORWARDER_DOWN},
    {OUTCOME_TCP_REFUSED, RANK_SILENT, CAUSE_UNREACHABLE_TCP, CAUSE_FORWARDER_DOWN},
    {OUTCOME_TCP_RESET, RANK_SILENT, CAUSE_UNREACHABLE_TCP, CAUSE_FORWARDER_DOWN},
    {OUTCOME_INTERMITTENT, RANK_SILENT, CAUSE_TIMEOUT_INTERMITTENT, CAUSE_FORWARDER_DOWN},
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static const struct row *row_of(enum outcome outcome)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (rows[i].outcome == outcome)
            return &rows[i];
    return NULL;
}

static enum cause cause_of(const struct hop *hop, const struct row *row)
{
    return hop->forwarder ? row->of_forwarder : row->of_zone;
}

void hop_init(struct hop *hop, bool forwarder, const struct name *zone)
{
    hop->forwarder = forwarder;
    hop->zone = *zone;
    hop->address_count = 0;
}

static struct hop_address *find_or_add(struct hop *hop, const struct address *address)
{
    struct hop_address *found;

    for (unsigned i = 0; i < hop->address_count; i++)
        if (address_equal(&hop->addresses[i].address, address))
            return &hop->addresses[i];
    if (hop->address_count == HOP_ADDRESSES_MAX)
        return NULL;
    found = &hop->addresses[hop->address_count++];
    *found = (struct hop_address){
        .address = *address, .outcome = OUTCOME_COUNT, .first_ns = INT64_MAX, .edns_only = true};
    return found;
}

/* An address that failed in several ways failed in the way of the highest rank; of equal ones the
 * first that is added counts: the last tried, since the items of a name come newest first, and the
 * name itself before those above it. One late answer shows that it is slow, not dead. */
void hop_add(struct hop *hop, const struct item *item)
{
    const struct row *row = row_of(item->outcome), *before;
    struct hop_address *address = row ? find_or_add(hop, &item->exchange->server) : NULL;

    if (!address)
        return;
    address->tries += item->exchange->transmissions ? item->exchange->transmissions : 1;
    if (exchange_begin(item->exchange) < address->first_ns)
        address->first_ns = exchange_begin(item->exchange);
    if (!(item->exchange->signals & SIGNAL_EDNS))
        address->edns_only = false;
    before = row_of(address->outcome);
    if (!before || row->rank > before->rank ||
        (row->rank == before->rank && item->outcome == OUTCOME_LATE))
        address->outcome = item->outcome;
}

/* TCP that was tried without a query before it over UDP leaves no exchange, only a connection. */
void hop_add_connections(struct hop *hop, const struct inquiry *inquiry,
                         const struct address *server)
{
    for (size_t e = 0; e < inquiry->egress_count; e++) {
        const struct connection *connection =
            connections_find(inquiry->knowledge->connections, &inquiry->egresses[e], server);

        for (unsigned i = 0; connection && i < connection->attempt_count; i++) {
            const struct connection_attempt *attempt = &connection->attempts[i];
            struct hop_address *address;

            if (attempt->syn_ns < inquiry->begin_ns || attempt->syn_ns > inquiry->failed_ns ||
                !row_of((enum outcome)attempt->outcome))
                continue;
            address = find_or_add(hop, server);
            if (!address)
                return;
            address->tries++;
            address->outcome = (enum outcome)attempt->outcome;
            if (attempt->syn_ns < address->first_ns)
                address->first_ns = attempt->syn_ns;
        }
    }
}

static bool is_silent(enum outcome outcome)
{
    const struct row *row = row_of(outcome);

    return row && row->rank == RANK_SILENT;
}

/* Is IPv6 silent to this resolver at other servers than these, too, and about other names? */
static bool ipv6_fails_elsewhere(const struct hop *hop, const struct inquiry *inquiry)
{
    struct blamed_server servers[HOP_ADDRESSES_MAX];
    struct address egresses[EGRESSES_MAX];
    size_t count = 0;

    for (size_t i = 0; i < inquiry->egress_count; i++)
        if (!address_is_ipv4(&inquiry->egresses[i]))
            egresses[count++] = inquiry->egresses[i];
    for (unsigned i = 0; i < hop->address_count; i++)
        servers[i].address = hop->addresses[i].address;
    return parties_ask_others_in_vain(inquiry->knowledge->parties, egresses, count, servers,
                                      hop->address_count, inquiry->failed_ns);
}

/* An address family that never works for this resolver says nothing about the zone, unless it is
 * the only one that the zone's servers have. */
static void weigh_families(struct hop *hop, const struct inquiry *inquiry,
                           bool counts[HOP_ADDRESSES_MAX])
{
    unsigned ipv4 = 0;

    for (unsigned i = 0; i < hop->address_count; i++) {
        counts[i] = true;
        ipv4 += address_is_ipv4(&hop->addresses[i].address);
    }
    if (ipv6_ever_answered(inquiry))
        return;
    for (unsigned i = 0; i < hop->address_count; i++) {
        struct hop_address *address = &hop->addresses[i];

        if (address_is_ipv4(&address->address) || !is_silent(address->outcome))
            continue;
        if (ipv4 > 0)
            counts[i] = false;
        else if (address->outcome == OUTCOME_TIMEOUT && ipv6_fails_elsewhere(hop, inquiry))
            address->outcome = OUTCOME_BAD_ADDRESS;
    }
}

/* What it failed of by itself; CAUSE_COUNT: of nothing that has a cause. */
static enum cause cause_of_address(const struct hop *hop, unsigned index)
{
    const struct row *row = row_of(hop->addresses[index].outcome);

    return row ? cause_of(hop, row) : CAUSE_COUNT;
}

/* The first cause of an address behind `after`, or CAUSE_COUNT. */
static enum cause next_cause(const struct hop *hop, int after)
{
    enum cause next = CAUSE_COUNT;

    for (unsigned i = 0; i < hop->address_count; i++) {
        enum cause cause = cause_of_address(hop, i);

        if ((int)cause > after && cause < next)
            next = cause;
    }
    return next;
}

static void blame(const struct hop *hop, unsigned index, const struct inquiry *inquiry,
                  struct blamed_server *server)
{
    server->address = hop->addresses[index].address;
    server->outcome = hop->addresses[index].outcome;
    world_server_name(inquiry->knowledge->world, &server->address, &hop->zone, &server->name);
}

/* The servers that failed so. */
static unsigned blame_all(const struct hop *hop, enum cause cause, const struct inquiry *inquiry,
                          struct blamed_server *servers, unsigned max)
{
    unsigned count = 0;

    for (unsigned i = 0; i < hop->address_count && count < max; i++)
        if (cause_of_address(hop, i) == cause)
            blame(hop, i, inquiry, &servers[count++]);
    return count;
}

/* The causes of the addresses that failed otherwise than most did. */
static void add_others(struct verdict *verdict, const struct hop *hop,
                       const struct inquiry *inquiry)
{
    for (enum cause cause = next_cause(hop, -1); cause < CAUSE_COUNT;
         cause = next_cause(hop, (int)cause)) {
        struct blamed_server servers[CONTRIBUTING_SERVERS_MAX];

        if (cause == verdict->cause)
            continue;
        verdict_contribute(verdict, cause, &hop->zone, servers,
                           blame_all(hop, cause, inquiry, servers, CONTRIBUTING_SERVERS_MAX));
    }
}

/* The cause that most addresses of the highest rank share. */
static const struct row *majority(const struct hop *hop, const bool counts[HOP_ADDRESSES_MAX])
{
    unsigned votes[CAUSE_COUNT] = {0};
    enum rank highest = RANK_SILENT;
    const struct row *best = NULL;

    for (unsigned i = 0; i < hop->address_count; i++) {
        const struct row *row = row_of(hop->addresses[i].outcome);

        if (counts[i] && row && row->rank > highest)
            highest = row->rank;
    }
    for (unsigned i = 0; i < hop->address_count; i++) {
        const struct row *row = row_of(hop->addresses[i].outcome);

        if (counts[i] && row && row->rank == highest)
            votes[cause_of(hop, row)]++;
    }
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (rows[i].rank == highest && votes[cause_of(hop, &rows[i])] > 0 &&
            (!best || votes[cause_of(hop, &rows[i])] > votes[cause_of(hop, best)]))
            best = &rows[i];
    return best;
}

static unsigned count_known_servers(const struct inquiry *inquiry, const struct name *zone)
{
    const struct delegation *delegation = inquiry_delegation(inquiry, zone);
    struct glue listed[LISTED_MAX];

    return delegation
               ? (unsigned)world_listed(inquiry->knowledge->world, delegation, listed, LISTED_MAX)
               : 0;
}

/* Of one family alone losses make shorter ones. */
#define CUT_OF_FAMILY_NS (10 * SECOND_NS)

/* Who has IPv4 servers only does not mind whether IPv6 works. */
static bool is_cut_off(const struct inquiry *inquiry, const struct hop *hop)
{
    struct address egresses[EGRESSES_MAX];
    bool root = hop->zone.size_bytes == 1, any_ipv6 = false;
    int64_t first_ns = INT64_MAX;
    size_t count = 0;

    for (unsigned i = 0; i < hop->address_count; i++) {
        if (hop->addresses[i].first_ns < first_ns)
            first_ns = hop->addresses[i].first_ns;
        any_ipv6 |= !address_is_ipv4(&hop->addresses[i].address);
    }
    for (size_t i = 0; i < inquiry->egress_count; i++)
        if (any_ipv6 || address_is_ipv4(&inquiry->egresses[i]))
            egresses[count++] = inquiry->egresses[i];
    for (size_t i = 0; i < count; i++)
        if (unheard_are_a_rule(inquiry->knowledge->parties, &egresses[i]))
            return false;
    return parties_were_cut_off(inquiry->knowledge->parties, egresses, count, first_ns,
                                inquiry->failed_ns,
                                count < inquiry->egress_count ? CUT_OF_FAMILY_NS : 0, root);
}

/* Nobody answers: neither does a network that rejects the queries. A port that is closed is the
 * server's own, mostly, and reached. */
static bool is_out_of_reach(const struct hop *hop, enum cause cause)
{
    if (cause != CAUSE_UNREACHABLE_NO_RESPONSE && cause != CAUSE_UNREACHABLE_ICMP)
        return false;
    for (unsigned i = 0; i < hop->address_count; i++)
        if (hop->addresses[i].outcome == OUTCOME_ICMP_PORT)
            return false;
    return true;
}

static bool asks_by_udp(const struct inquiry *inquiry)
{
    for (unsigned i = 0; i < inquiry->item_count; i++)
        if (inquiry->items[i].active && inquiry->items[i].exchange->transport == TRANSPORT_UDP)
            return true;
    return false;
}

/* Packets that the capture lost would make another cause of this: an ICMP error, as others of the
 * servers sent them, or the truncated answer that led a resolver to TCP that begins with UDP. */
static bool is_doubtful(const struct hop *hop, const struct inquiry *inquiry, enum cause cause)
{
    if (cause == CAUSE_UNREACHABLE_TCP)
        return asks_by_udp(inquiry);
    for (unsigned i = 0; cause == CAUSE_UNREACHABLE_NO_RESPONSE && i < hop->address_count; i++)
        if (cause_of_address(hop, i) == CAUSE_UNREACHABLE_ICMP)
            return true;
    return false;
}

static enum confidence confidence_of(const struct hop *hop, const struct inquiry *inquiry,
                                     const struct row *row, const struct verdict *verdict)
{
    if (verdict->known_servers && hop->address_count < verdict->known_servers)
        return CONFIDENCE_LIKELY;
    if (row->rank == RANK_ANSWERED)
        return CONFIDENCE_CERTAIN;
    return verdict->known_servers && verdict->tries >= 2 * hop->address_count &&
                   !is_doubtful(hop, inquiry, verdict->cause)
               ? CONFIDENCE_CERTAIN
               : CONFIDENCE_LIKELY;
}

void hop_judge(struct hop *hop, const struct inquiry *inquiry, struct verdict *verdict)
{
    bool counts[HOP_ADDRESSES_MAX];
    const struct row *row;

    verdict_init(verdict, RESOLUTION_UNASKED);
    for (unsigned i = 0; i < hop->address_count; i++)
        verdict->tries += hop->addresses[i].tries;
    hop_read_silence(hop, inquiry);
    weigh_families(hop, inquiry, counts);
    row = majority(hop, counts);
    if (!row)
        return;
    verdict->resolution = RESOLUTION_FAILED;
    verdict->cause = cause_of(hop, row);
    if (!hop->forwarder)
        verdict->zone = hop->zone;
    verdict->server_count =
        blame_all(hop, verdict->cause, inquiry, verdict->servers, BLAMED_SERVERS_MAX);
    servers_sort(verdict->servers, verdict->server_count);
    add_others(verdict, hop, inquiry);
    verdict->asked_servers = hop->address_count;
    verdict->known_servers = count_known_servers(inquiry, &hop->zone);
    verdict->confidence = confidence_of(hop, inquiry, row, verdict);
    if (is_out_of_reach(hop, verdict->cause) && is_cut_off(inquiry, hop)) {
        verdict->cause = CAUSE_UNREACHABLE_EGRESS_BLOCKED;
        verdict->confidence = CONFIDENCE_LIKELY;
        verdict->zone.size_bytes = 0; /* no zone is at fault */
    }
}
