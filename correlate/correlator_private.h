/* Inside of correlator.h, and the map of this folder.
 *
 * Packets come in, findings go out:
 *   correlator_packets.c    what a packet tells, and whom it is told
 *   correlator_time.c       what goes with time
 *   correlator_servfails.c  a SERVFAIL from its packet (pending.h) to its judgement
 *   correlator_findings.c   what is handed out, and in which order; correlator_counters.c
 *   correlator.c            makes and frees what they work on
 *
 * Queries find their responses (join.h), and what those say is read once (answer.h):
 *   flight.h      clients' questions, which nearly all end well
 *   exchange.h    what may be upstream, kept by name: exchange_log.h, exchange_record.h, wires.h;
 *                 wanted.h says of which more is kept
 *   connection.h  TCP and ICMP where no exchange is known
 *
 * What was learned is struct knowledge (inquiry.h):
 *   party.h       who is who: resolvers, their egresses, servers, and who is silent
 *   world.h       delegations and their servers: referral.h, hosts.h; bailiwick.h says whose word
 *                 counts, world_own.c what the zone says itself
 *   aliases.h, keyring.h, anchors.h, failure.h, presumption.h, loss.h
 *
 * A SERVFAIL is judged (judge.h, judge_bench.h), from the left to the right:
 *   inquiry.h     gathers the exchanges that it depended on; inquiry_try.h: those of this try
 *   outcome.h     what became of each
 *   hop.h         what the addresses of one zone did together
 *   verdict.h     at which hop the resolution ended
 *   validation.h  what signatures were worth: dnssec.h, which knows of messages only and goes down
 *                 by dnssec_chain.h, _keys.h, _signature.h and _denial.h, on _reply.h and _crypto.h
 *   judge.c       the order in which this and all else is heard: what the resolver remembers
 *                 (judge_memory.h, dead_servers.h, missing_hosts.h) and says (judge_ede.h), its
 *                 root (root_trust.h), a zone of the network's own (private_zone.h), a family of
 *                 addresses that it lost (lost_family.h), distress.h, what the capture may have
 *                 missed (judge_upstream.h, unseen.h, unheard.h, judge_doubts.h)
 *   evidence.h, explain.h, advice.h (software.h, shell.h) say it; hide.h hides clients in that
 *   outage.h      to which outage it belongs
 *
 * forecast.h tells what will fail next: ending.h of signatures, standing.h (roster.h, conduct.h) of
 * servers. minutes.h puts the counters together. Below all that lie bounded memory and who has to
 * go: table.h (tag_index.h, memory.h), shelf.h, spared.h, and family.h for "one party's names".
 *
 * clocks.h stands alone: it brings captures by several clocks together, before all this. */
#ifndef CORRELATE_CORRELATOR_PRIVATE_H
#define CORRELATE_CORRELATOR_PRIVATE_H

#include "correlate/correlator.h"
#include "correlate/distress.h"
#include "correlate/flight.h"
#include "correlate/forecast.h"
#include "correlate/judge.h"
#include "correlate/minutes.h"
#include "correlate/outage.h"
#include "correlate/pending.h"
#include "decode/rare.h"

struct correlator {
    struct knowledge knowledge;
    struct flights *flights;
    struct outages *outages;
    struct forecasts *forecasts;
    struct anchors *default_anchors; /* NULL where others were given */
    uint16_t ports[CORRELATOR_PORTS_MAX];
    size_t port_count;
    int64_t grace_ns;
    struct hiding hiding;
    int64_t now_ns;
    /* Before then the time that goes by changes nothing: correlator_pass_time() has nothing to do.
     */
    int64_t quiet_until_ns;
    int64_t expired_ns; /* when exchanges were last let go for their age */
    bool begun, finished;

    struct pending *pending;
    struct distress *distress;

    struct minutes *minutes;
    int64_t minutes_due_ns; /* when to tell of those that are over */

    struct traffic_counters clients, servers; /* of complete minutes */
    uint64_t servfails;
    uint64_t unasked_servfails, unasked_answers, unasked_icmp;
    struct inquiry inquiry;
    struct finding finding;
    struct finding outage;    /* opens before the incident in `finding` */
    bool incident_waits;      /* it was told, the incident was not yet */
    int64_t outages_ended_ns; /* when it was last looked which outages are over */
    /* Most events leave nothing to be handed out: correlator_next() has something to look for only
     * when something stirred, or from this time on. */
    bool stirred;
    int64_t due_ns;
};

/* correlator_time.c */

/* What is due by now, which most packets come before. */
RARE void correlator_pass_time(struct correlator *correlator, int64_t time_ns);

/* It is `time_ns` now, or was later already. */
static inline void correlator_reach(struct correlator *correlator, int64_t time_ns)
{
    if (time_ns > correlator->now_ns)
        correlator->now_ns = time_ns;
    if (correlator->now_ns > correlator->quiet_until_ns)
        correlator_pass_time(correlator, time_ns);
}

/* Until when does the time that goes by change nothing? To be called when that may have changed. */
void correlator_foresee_time(struct correlator *correlator);
/* The clock was set back. What is pending is due now, and what was seen before goes once it has
 * been judged: with the next packet. */
void correlator_step_back(struct correlator *correlator, int64_t time_ns);
/* After the last incident: what is still open has no answer, and the last minutes are complete. */
void correlator_wind_up(struct correlator *correlator);

/* correlator_servfails.c */

/* `name` was asked for in vain (of `server`, NULL: of nobody that is known), or waits for so long
 * that it may be: what tells of it, and of where it leads by alias, is kept for a judgement. */
void correlator_keep_evidence(struct correlator *correlator, const struct name *name,
                              const struct address *server);
/* A client got a SERVFAIL. It waits for late answers, and for what it will be judged by. */
void correlator_await_judgement(struct correlator *correlator, const struct event *event,
                                const struct exchange *exchange);
/* The oldest of those that wait, or the present. */
int64_t correlator_oldest_pending_ns(const struct correlator *correlator);
/* So many others came since, one by one, that what the first one stands on goes next. */
bool correlator_is_losing_evidence(const struct correlator *correlator);
/* Judges the next one that is due, into `finding`, and the outage that it opens, if
 * `incident_waits` then, into `outage`. False: none is due. */
bool correlator_next_incident(struct correlator *correlator);

/* correlator_counters.c */

/* A minute of some party's is complete. `context`: the correlator. */
void correlator_keep_minute(void *context, const struct minute_counters *minute);

#endif
