/* Clients are people: where they are to be hidden, nothing leaves the correlator that tells who
 * they are. Their addresses go, and so do names that hold an address (decode/embedded.h): reverse
 * names, and those that providers make of their customers' addresses. All of a finding is hidden
 * before identities are made of it or sentences, so that neither repeats what was hidden. */
#ifndef CORRELATE_HIDE_H
#define CORRELATE_HIDE_H

#include "correlate/correlator.h"
#include "correlate/dnssec.h"

/* How clients are hidden. Without a function they are not, and all of this changes nothing. */
struct hiding {
    anonymize_function anonymize;
    void *context;
    bool pseudonyms; /* no two clients become one */
};

struct address hide_client(const struct hiding *hiding, const struct address *client);
/* What distinct clients are counted by. Out of what is stored of it a guess at an address could be
 * confirmed: it is made of pseudonyms where there are any. */
uint64_t hide_client_key(const struct hiding *hiding, const struct address *client);
/* Labels that hold an address become one, "hidden". */
void hide_name(const struct hiding *hiding, struct name *name);
/* In what a validation found (dnssec_verdict), which names no servers' addresses. */
void hide_names_in_clause(const struct hiding *hiding, char text[DNSSEC_TEXT_SIZE]);
/* All names of an incident, and the free text of its EDE options, where resolvers repeat names. Not
 * its client and its sentences. */
void hide_incident(const struct hiding *hiding, struct incident *incident);
/* The names of a FINDING_SIGNATURE or FINDING_DELEGATION. */
void hide_forecast(const struct hiding *hiding, struct finding *finding);

#endif
