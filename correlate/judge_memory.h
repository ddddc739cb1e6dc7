/* The resolver's memory: failures of the question, of its zone and of its servers that it may have
 * answered from (RFC 9520), and what else it has seen and not forgotten. */
#ifndef CORRELATE_JUDGE_MEMORY_H
#define CORRELATE_JUDGE_MEMORY_H

#include "correlate/judge_bench.h"

/* When the question last failed before it was asked; NEVER: it did not, or nobody knows when that
 * was. */
int64_t judge_failed_before_ns(const struct bench *bench);

/* The question joined a fetch of somebody else's, and failed with it. */
bool judge_by_joined_fetch(struct bench *bench);
/* The question itself, what it is an alias of, or a nameserver it needs failed before, for a
 * reason. */
bool judge_by_failure(struct bench *bench);
/* A fetch that failed although no client was told so counts as the failure, too. */
bool judge_by_earlier_fetch(struct bench *bench);
/* Or of other names of the zone: its servers were found dead. */
bool judge_by_dead_servers(struct bench *bench);
/* Or of other names that it forwards: its forwarders were found dead. */
bool judge_by_dead_forwarders(struct bench *bench);
/* A zone whose keys are known to be bad fails again on one signed answer. */
bool judge_by_bad_keys(struct bench *bench);
/* Forwarders gave no keys or DS records for a zone above the name when they were asked last: who
 * validates does not ask for them anew with each name. */
bool judge_by_unfetched_keys(struct bench *bench);
/* The same question was answered well a while ago, under CD=1. */
bool judge_by_unchecked(struct bench *bench);

#endif
