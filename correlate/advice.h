/* What an experienced operator would type next. */
#ifndef CORRELATE_ADVICE_H
#define CORRELATE_ADVICE_H

#include "correlate/incident.h"
#include "correlate/inquiry.h"
#include "correlate/software.h"

/* What advice needs beyond the incident. */
struct advice_facts {
    enum software software; /* of the resolver */
    /* Servers that were seen: of the zone above the one at fault, of that itself, and one of that
     * that is not to blame. `known` says which. */
    struct address parent_server, zone_server, other_server;
    bool parent_server_known, zone_server_known, other_server_known;
    /* A zone that names a server itself, which failed and which its parent does not name; who said
     * what the parent names, and one of those. Sizes 0: there is none. */
    struct name own_zone, own_name;
    struct address own_parent, own_listed;
    const struct evidence *asked; /* what the first server at fault failed at; NULL: not known */
    bool zone_is_private;         /* private_zone.h */
    bool nobody_asked;            /* there was no upstream packet for the question */
    bool family_is_lost;          /* lost_family.h */
    bool forwards_back;           /* the forwarder at fault asks the resolver for the same */
};

/* Gathers them for an incident that has its cause, servers and evidence. */
void advice_facts_gather(struct advice_facts *facts, const struct inquiry *inquiry,
                         const struct incident *incident);

/* Fills `advice`. */
void advise(struct incident *incident, const struct advice_facts *facts);

/* A line of advice: see advice_lines.c, which has them all. */
struct advice_line {
    enum cause cause;
    enum software software;
    const char *text, *otherwise;
};

extern const struct advice_line advice_lines[];
extern const size_t advice_line_count;
/* Those for private zones stand for the causes of validation, whichever it is. */
extern const struct advice_line private_zone_lines[];
extern const size_t private_zone_line_count;
/* Those where the servers' addresses are fine and the resolver has no route to any such. */
extern const struct advice_line lost_family_lines[];
extern const size_t lost_family_line_count;
/* Those for a zone that names other servers than its parent does stand before the cause's. */
extern const struct advice_line own_servers_lines[];
extern const size_t own_servers_line_count;
/* Those for two resolvers that forward to each other stand before the cause's. */
extern const struct advice_line forwarding_loop_lines[];
extern const size_t forwarding_loop_line_count;
/* Those for a forwarder that answers in a zone's place stand behind the cause's. */
extern const struct advice_line blocklist_lines[];
extern const size_t blocklist_line_count;
/* Those for a limit that the resolver met without asking anybody. */
extern const struct advice_line quota_lines[];
extern const size_t quota_line_count;

#endif
