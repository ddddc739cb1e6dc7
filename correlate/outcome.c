#include "correlate/outcome.h"

#include "decode/codes.h"

/* No resolver waits longer than this for a single try. */
#define ANSWER_PATIENCE_NS (3 * SECOND_NS)
/* The longest that an answer takes which nobody calls late. */
#define ROUND_TRIP_NS (400 * MILLISECOND_NS)
/* Between an answer and what is told of it. */
#define PASSED_ON_NS (5 * MILLISECOND_NS)
/* Between an answer that was waited for and what is asked because of it. */
#define GOES_ON_NS (50 * MILLISECOND_NS)

enum outcome outcome_of_rcode(uint16_t rcode)
{
    static const struct {
        uint16_t rcode;
        enum outcome outcome;
    } rows[] = {
        {RCODE_REFUSED, OUTCOME_REFUSED}, {RCODE_SERVFAIL, OUTCOME_SERVFAIL},
        {RCODE_NOTAUTH, OUTCOME_NOTAUTH}, {RCODE_FORMERR, OUTCOME_FORMERR},
        {RCODE_NOTIMP, OUTCOME_NOTIMP},   {RCODE_BADVERS, OUTCOME_BADVERS},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].rcode == rcode)
            return rows[i].outcome;
    return OUTCOME_OTHER_RCODE;
}

static bool is_authoritative_or_forwarder(const struct item *item)
{
    return item->to_forwarder || (item->exchange->response_flags & DNS_AA);
}

enum outcome outcome_of_referral(unsigned to_labels, unsigned zone_labels)
{
    if (to_labels > zone_labels)
        return OUTCOME_REFERRAL;
    return to_labels == zone_labels && zone_labels > 0 ? OUTCOME_NOT_AUTHORITATIVE
                                                       : OUTCOME_UPWARD_REFERRAL;
}

static enum outcome outcome_of_ns_alone(const struct item *item)
{
    const struct exchange *exchange = item->exchange;

    if (is_authoritative_or_forwarder(item))
        return OUTCOME_NODATA;
    if (exchange->authority_labels == LABELS_UNKNOWN)
        return OUTCOME_NOT_AUTHORITATIVE;
    if (item->zone_labels == LABELS_UNKNOWN)
        return exchange->authority_labels == 0 ? OUTCOME_UPWARD_REFERRAL : OUTCOME_REFERRAL;
    return outcome_of_referral(exchange->authority_labels, item->zone_labels);
}

bool answer_is_intercepted(const struct exchange *exchange, unsigned zone_labels)
{
    return (exchange->response_flags & DNS_RA) && !(exchange->response_flags & DNS_AA) &&
           zone_labels <= 1;
}

/* The root refuses nobody and never fails, and whom it delegates a top-level domain to does not
 * refuse: that is a resolver in the path, which does not like to be asked without RD, or by this
 * one. */
static bool is_failure_of_interceptor(const struct inquiry *inquiry, const struct item *item)
{
    const struct exchange *exchange = item->exchange;
    struct name zone;

    if (item->zone_labels == 0)
        return exchange->rcode == RCODE_REFUSED || exchange->rcode == RCODE_SERVFAIL;
    item_zone(item, &zone);
    return exchange->rcode == RCODE_REFUSED && inquiry_delegation(inquiry, &zone) != NULL;
}

static enum outcome outcome_of_answer(const struct inquiry *inquiry, const struct item *item)
{
    const struct exchange *exchange = item->exchange;
    bool trusted = is_authoritative_or_forwarder(item);
    bool intercepted = !item->to_forwarder && answer_is_intercepted(exchange, item->zone_labels);

    if (intercepted && is_failure_of_interceptor(inquiry, item))
        return OUTCOME_INTERCEPTED;
    if (exchange->rcode != RCODE_NOERROR && exchange->rcode != RCODE_NXDOMAIN)
        return outcome_of_rcode(exchange->rcode);
    if (exchange->kind == ANSWER_CUT)
        return OUTCOME_NOT_SEEN;
    if (exchange->kind == ANSWER_MALFORMED)
        return OUTCOME_MALFORMED;
    if (exchange->kind == ANSWER_REFERRAL && exchange->rcode == RCODE_NOERROR)
        return outcome_of_ns_alone(item);
    if (intercepted)
        return OUTCOME_INTERCEPTED;
    if (!trusted)
        return OUTCOME_NOT_AUTHORITATIVE;
    if (exchange->kind == ANSWER_FOREIGN)
        return OUTCOME_WRONG_OWNER;
    if (exchange->signals & SIGNAL_CHAINED)
        return OUTCOME_ALIAS;
    if (exchange->rcode == RCODE_NXDOMAIN)
        return OUTCOME_NXDOMAIN;
    if (exchange->kind == ANSWER_DATA)
        return OUTCOME_ANSWER;
    if (exchange->kind == ANSWER_SOA)
        return OUTCOME_NODATA;
    return OUTCOME_EMPTY;
}

static enum outcome outcome_of_silence(const struct inquiry *inquiry, const struct item *item)
{
    const struct exchange *exchange = item->exchange;
    const struct connection *connection;

    if (exchange->icmp)
        return (enum outcome)exchange->icmp;
    connection =
        connections_find(inquiry->knowledge->connections, &exchange->asker, &exchange->server);
    for (unsigned i = 0; connection && i < connection->rejection_count; i++) {
        const struct rejection *rejection = &connection->rejections[i];

        if (rejection->asker_port == exchange->asker_port &&
            rejection->time_ns >= exchange->query_ns &&
            rejection->time_ns <= exchange->query_ns + PATIENCE_NS)
            return (enum outcome)rejection->outcome;
    }
    if (exchange->signals & SIGNAL_FRAGMENT_LOST)
        return OUTCOME_FRAGMENT_LOST;
    if (exchange->mismatch)
        return (enum outcome)exchange->mismatch;
    return OUTCOME_TIMEOUT;
}

/* What became of TCP after TC=1: answered over TCP is another item; here only how it failed. */
static enum outcome outcome_of_truncation(const struct inquiry *inquiry, const struct item *item)
{
    const struct exchange *exchange = item->exchange;
    const struct connection *connection =
        connections_find(inquiry->knowledge->connections, &exchange->asker, &exchange->server);
    enum outcome outcome = OUTCOME_TRUNCATED;

    for (unsigned i = 0; connection && i < connection->attempt_count; i++) {
        const struct connection_attempt *attempt = &connection->attempts[i];

        if (attempt->syn_ns < exchange->response_ns || attempt->syn_ns > inquiry->until_ns)
            continue;
        if (attempt->outcome == OUTCOME_TCP_REFUSED)
            outcome = OUTCOME_TRUNCATED_TCP_REFUSED;
        else if (attempt->outcome == OUTCOME_TCP_RESET)
            outcome = OUTCOME_TRUNCATED_TCP_RESET;
        else
            outcome = OUTCOME_TRUNCATED_TCP_TIMEOUT;
        break;
    }
    return outcome;
}

/* Did the resolver ask again before this answer came? Then it had given up waiting for it. */
static bool is_superseded(const struct inquiry *inquiry, const struct target *target,
                          const struct exchange *exchange)
{
    if (exchange->query_ns == NEVER || exchange->response_ns - exchange->query_ns < FIRST_TIMER_NS)
        return false;
    for (unsigned i = target->first_item; i < target->first_item + target->item_count; i++) {
        const struct exchange *other = inquiry->items[i].exchange;

        if (other != exchange && other->name_hash == exchange->name_hash &&
            other->qtype == exchange->qtype && other->query_ns != NEVER &&
            other->query_ns > exchange->query_ns && other->query_ns < exchange->response_ns)
            return true;
    }
    return false;
}

/* Did the resolver go on to something else within a moment of this answer? */
static bool went_on(const struct inquiry *inquiry, const struct exchange *exchange)
{
    for (unsigned i = 0; i < inquiry->item_count; i++) {
        const struct exchange *other = inquiry->items[i].exchange;

        if (other->query_ns >= exchange->response_ns &&
            other->query_ns < exchange->response_ns + GOES_ON_NS &&
            (other->name_hash != exchange->name_hash || other->qtype != exchange->qtype))
            return true;
    }
    return false;
}

static bool is_good(uint16_t rcode)
{
    return rcode == RCODE_NOERROR || rcode == RCODE_NXDOMAIN;
}

/* A failure that the client is told of at once was waited for. (A good answer may come by chance.)
 */
static bool is_passed_on(const struct inquiry *inquiry, const struct exchange *exchange)
{
    return !is_good(exchange->rcode) && exchange->response_ns <= inquiry->failed_ns &&
           exchange->response_ns > inquiry->failed_ns - PASSED_ON_NS;
}

static bool came_too_late(const struct inquiry *inquiry, const struct target *target,
                          const struct exchange *exchange)
{
    /* A resolver that fails before an ordinary round trip is over has not waited for this answer.
     */
    if (exchange->response_ns > inquiry->failed_ns)
        return exchange->query_ns == NEVER ||
               exchange->response_ns - exchange->query_ns > ROUND_TRIP_NS;
    /* What says that the server fails says so however soon the resolver gave up. */
    if (exchange->signals & SIGNAL_GIVEN_UP)
        return is_good(exchange->rcode) || exchange->query_ns == NEVER ||
               exchange->response_ns - exchange->query_ns > ROUND_TRIP_NS;
    if (exchange->query_ns == NEVER || went_on(inquiry, exchange) ||
        is_passed_on(inquiry, exchange))
        return false;
    return exchange->response_ns - exchange->query_ns > ANSWER_PATIENCE_NS ||
           is_superseded(inquiry, target, exchange);
}

/* Answers that bid to ask the same again: with the cookie that came along (RFC 7873 section 5.3),
 * or without EDNS, which the server may not have (RFC 6891 section 7). */
static const struct bid {
    uint16_t rcode;
    bool without_edns;
} bids[] = {
    {RCODE_BADCOOKIE, false},
    {RCODE_FORMERR, true},
    {RCODE_NOTIMP, true},
    {RCODE_BADVERS, true},
};

static const struct bid *bid_of(const struct exchange *exchange)
{
    for (size_t i = 0; exchange->responded && i < sizeof(bids) / sizeof(bids[0]); i++)
        if (bids[i].rcode == exchange->rcode &&
            (!bids[i].without_edns || exchange->signals & SIGNAL_EDNS))
            return &bids[i];
    return NULL;
}

/* Did the resolver ask that server again, as it bade? */
static bool was_retried(const struct inquiry *inquiry, const struct target *target,
                        const struct exchange *exchange)
{
    const struct bid *bid = bid_of(exchange);

    for (unsigned i = 0; bid && i < target->item_count; i++) {
        const struct exchange *next = inquiry->items[target->first_item + i].exchange;

        if (next->query_ns >= exchange->response_ns && next->name_hash == exchange->name_hash &&
            next->qtype == exchange->qtype && address_equal(&next->server, &exchange->server) &&
            !(bid->without_edns && next->signals & SIGNAL_EDNS))
            return true;
    }
    return false;
}

static bool outcome_is_usable(enum outcome outcome)
{
    return outcome == OUTCOME_ANSWER || outcome == OUTCOME_ALIAS || outcome == OUTCOME_NODATA ||
           outcome == OUTCOME_NXDOMAIN || outcome == OUTCOME_REFERRAL ||
           outcome == OUTCOME_NOT_SEEN;
}

void item_set_outcome(const struct inquiry *inquiry, const struct target *target, struct item *item)
{
    const struct exchange *exchange = item->exchange;

    if (!exchange->responded)
        item->outcome = outcome_of_silence(inquiry, item);
    else if (exchange->signals & SIGNAL_WRONG_CASE)
        item->outcome = OUTCOME_WRONG_CASE;
    else if ((exchange->response_flags & DNS_TC) && exchange->transport == TRANSPORT_UDP)
        item->outcome = outcome_of_truncation(inquiry, item);
    else
        item->outcome = outcome_of_answer(inquiry, item);
    if (exchange->responded && came_too_late(inquiry, target, exchange))
        item->outcome = OUTCOME_LATE;
    item->usable = outcome_is_usable(item->outcome);
    item->retried = was_retried(inquiry, target, exchange);
}
