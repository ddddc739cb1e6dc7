/* Writes incidents, minute counters and the capture's health into SQLite.
 *
 * A run reads some sources. A source is known again by its fingerprint and an incident by its
 * identity, so that reading a capture again replaces what it gave before and doubles nothing; what
 * it gave before and no longer gives goes when the run finishes. Rows are committed every few
 * thousand or every second or so; what is committed survives power loss, and a run that was cut off
 * is made good by reading again. Several may write at once; of two that read the same, the one that
 * began later prevails. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/error.h"
#include "correlate/correlator.h"
#include "decode/decoder.h"

struct store;

struct store_options {
    const char *path;
    const char *sensor;           /* who watches */
    const char *analyzer_version; /* who judges */
    /* For SQLite's page cache and for what waits for the commit, 0 for the default (16 MiB). */
    uint64_t memory_bytes;
    int64_t commit_ns; /* how long rows may wait for their commit, 0 for the default (0.7 s) */
    /* Incidents that are kept as rows, with their evidence, before sampling begins
     * (store/counts.h): of an outage in an hour and of all in an hour. 0 for the defaults (100,
     * 2000), UINT64_MAX for all. Counts are exact in any case. */
    uint64_t outage_rows, hour_rows;
    /* Retention, by store_trim(): how old rows may become beside the newest, and how large the file
     * with its -wal. 0: no limit. */
    int64_t keep_ns;
    uint64_t max_bytes;
};

/* What the capture itself lost. */
struct source_health {
    uint64_t packets;
    uint64_t dns_messages;
    uint64_t dns_responses;
    uint64_t dropped[DROP_REASON_COUNT];
    uint64_t evicted[TABLE_COUNT];
    int64_t first_time_ns; /* INT64_MAX: no packet */
    int64_t last_time_ns;
};

/* The same of a minute, from a live capture. Parts of a minute add up. */
struct health_minute {
    int64_t minute_ns;
    uint64_t packets;
    uint64_t dns_messages;
    uint64_t dns_responses;
    uint64_t kernel_drops;
    uint64_t interface_drops;
    uint64_t unparsed; /* packets that gave no message, for whatever reason */
    uint64_t evicted;  /* from the correlator's tables */
    uint64_t unstored_incidents, unstored_others; /* findings that had to be given up */
};

/* Creates the database or brings it up to date, and begins a run. NULL: `error` says why. */
struct store *store_open(const struct store_options *options, struct error *error);
/* Commits nothing more: what was not committed or finished is lost. NULL is fine. */
void store_close(struct store *store);

/* A source's first frame was met. `source` is the number that frames and findings carry; it must be
 * begun before what speaks of it is added, which could never be stored. */
int store_begin_source(struct store *store, uint32_t source, uint64_t fingerprint, const char *name,
                       struct error *error);
int store_add(struct store *store, const struct finding *finding, struct error *error);
int store_set_health(struct store *store, uint32_t source, const struct source_health *health,
                     struct error *error);
int store_add_health(struct store *store, uint32_t source, const struct health_minute *health,
                     struct error *error);
int store_commit(struct store *store, struct error *error);
/* Takes back what was added since the last commit, after a failure; it can be added again. */
void store_rollback(struct store *store);
/* Can what failed last succeed later: is the cause in the disk, or in who else uses the database?
 */
bool store_failure_passes(const struct store *store);
/* Is there anything that was not committed? */
bool store_is_waiting(const struct store *store);
/* How long to wait for another program that has locked the database; 10 s unless set. */
void store_set_patience(struct store *store, int wait_ms);
/* Commits where rows have waited for long enough. store_add() does so, too; in a silence nobody
 * adds.
 */
int store_tick(struct store *store, struct error *error);

/* One short step of retention, after a commit. 1: there may be more to do, 0: there is not, -1. */
int store_trim(struct store *store, struct error *error);

/* Tells `visit` of the outages that were going on at `since_ns` or later, for
 * correlator_resume_outage(). */
typedef void (*outage_visitor)(void *context, const struct outage_change *outage);
int store_open_outages(struct store *store, int64_t since_ns, outage_visitor visit, void *context,
                       struct error *error);

/* The run is complete: takes away what its sources gave before and not any more, and commits. */
int store_finish(struct store *store, struct error *error);

#endif
