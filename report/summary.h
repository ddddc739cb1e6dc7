/* What a run found, in figures: for people at the end of `read`, for machines in --stats FILE. */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include "capture/error.h"
#include "correlate/correlator.h"
#include "decode/decoder.h"
#include "report/page.h"

struct summary;

struct summary *summary_new(void);          /* NULL: out of memory */
void summary_free(struct summary *summary); /* NULL is fine */
void summary_add(struct summary *summary, const struct incident *incident);

void summary_print(const struct summary *summary, const struct page *page,
                   const struct decode_counters *decoded,
                   const struct correlate_counters *correlated);

/* An object with packets, dns_messages, dns_responses, client_queries, client_responses, servfails,
 * upstream_queries, upstream_unanswered, unasked_servfails, unasked_answers, unasked_icmp, dropped
 * {reason: count}, evicted {table: count}, first_time, last_time (RFC 3339 or null), causes {code:
 * count}, analyzer_version. */
int summary_write_stats(const struct summary *summary, const char *path,
                        const struct decode_counters *decoded,
                        const struct correlate_counters *correlated, struct error *error);

#endif
