#include "correlate/conduct.h"

#include "correlate/outcome.h"
#include "decode/codes.h"

/* What was asked less than this ago may yet be answered. */
#define ANSWERED_LATE_NS (5 * SECOND_NS)

enum outcome conduct_answering(const struct exchange *exchange, const struct answer *answer)
{
    if (answer->rcode != RCODE_NOERROR && answer->rcode != RCODE_NXDOMAIN)
        return outcome_of_rcode(answer->rcode);
    if (exchange->response_flags & DNS_TC)
        return OUTCOME_ANSWER;
    if (answer->kind == ANSWER_MALFORMED)
        return OUTCOME_MALFORMED;
    if (exchange->response_flags & DNS_AA)
        return OUTCOME_ANSWER;
    if (answer->kind == ANSWER_REFERRAL && answer->authority_labels != LABELS_UNKNOWN)
        return answer->authority_labels <= 1 ? OUTCOME_REFERRAL : OUTCOME_ANSWER;
    return OUTCOME_NOT_AUTHORITATIVE;
}

bool conduct_serves_something(const struct knowledge *knowledge, const struct address *address)
{
    const struct server *server = parties_server(knowledge->parties, address);

    return server && server_good_answers(server) > 0;
}

bool conduct_is_excused(const struct knowledge *knowledge, const struct exchange *exchange,
                        int64_t now_ns)
{
    const struct asker *asker = parties_asker(knowledge->parties, &exchange->asker);
    const struct server *server = parties_server(knowledge->parties, &exchange->server);

    return !asker || (!address_is_ipv4(&exchange->server) && asker->answers_received == 0) ||
           (server && server_answered_query_ns(server) > exchange->query_ns) ||
           (exchange->signals & SIGNAL_FRAGMENT_LOST) ||
           (!exchange->icmp && now_ns - exchange->query_ns < ANSWERED_LATE_NS) ||
           parties_were_cut_off(knowledge->parties, &exchange->asker, 1, exchange->query_ns,
                                exchange->query_ns + PATIENCE_NS, 0, false) ||
           losses_share(&knowledge->losses, exchange->query_ns, exchange->query_ns + PATIENCE_NS) >
               0;
}

enum outcome conduct_silent(const struct knowledge *knowledge, const struct exchange *exchange)
{
    const struct server *server = parties_server(knowledge->parties, &exchange->server);

    if (exchange->icmp)
        return (enum outcome)exchange->icmp;
    if (exchange->mismatch)
        return (enum outcome)exchange->mismatch;
    if ((exchange->signals & SIGNAL_EDNS) && server && server->answered_edns_query_ns == NEVER &&
        server->answered_plain_query_ns != NEVER)
        return OUTCOME_EDNS_DROPPED;
    return OUTCOME_TIMEOUT;
}
