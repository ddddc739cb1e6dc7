/* What was found, put into words and blame. */
#ifndef CORRELATE_DNSSEC_VERDICT_H
#define CORRELATE_DNSSEC_VERDICT_H

#include "correlate/dnssec_chain.h"

void dnssec_verdict_set(struct dnssec_verdict *verdict, enum dnssec_status status, enum cause cause,
                        enum confidence confidence, const struct name *zone,
                        const struct reply *reply, const char *format, ...)
    __attribute__((format(printf, 7, 8)));

/* Failures under a link whose zone must be signed are certain, those of keys that count as they
 * stand are likely. */
enum confidence link_confidence(const struct link *link);

/* A bogus verdict over a signature or a denial under this link. */
void dnssec_verdict_of_signature(struct dnssec_verdict *verdict, const struct link *link,
                                 const struct rrset *rrset, const struct signature *signature);
void dnssec_verdict_of_denial(struct dnssec_verdict *verdict, const struct link *link,
                              const struct reply *reply, const struct denial_question *question,
                              const struct denial *denial);

#endif
