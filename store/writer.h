/* Stores in a thread of its own, so that a slow disk never holds capture up.
 *
 * What waits to be stored is bounded. When the database cannot be written (the disk is full,
 * another program has locked it, it may only be read) that is said once, what comes is held back,
 * and stored when it can be written again. Where there is no more room for it, the oldest finding
 * is given up and counted, and the count is stored later as health of its source and minute; so is
 * a finding that the database will never take. Commits at least once a second; what was committed
 * survives power loss. */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

struct writer;

enum writer_notice {
    WRITER_FAILED,    /* the database cannot be written now; `text` says why */
    WRITER_RECOVERED, /* it can be written again; `text` says what had to be given up */
};

/* Called in the writer's thread, for each change once. */
typedef void (*writer_notice_function)(void *context, enum writer_notice notice, const char *text);

struct writer_options {
    struct store_options store;
    uint64_t queue_bytes;          /* what may wait, 0 for the default (16 MiB) */
    writer_notice_function notice; /* NULL: nobody listens */
    void *context;
};

/* Of the time since it was opened. */
struct writer_counters {
    uint64_t stored_incidents, stored_others;     /* committed */
    uint64_t given_up_incidents, given_up_others; /* findings that there was no room for */
    uint64_t queue_bytes, queue_bytes_max;        /* waiting now, and at most */
    uint64_t queue_bytes_limit;                   /* what may wait */
    int64_t commit_time_ns;                       /* of the latest, wall clock; 0: none yet */
    bool failing;
};

/* Opens the database, without a thread yet: privileges can be dropped between the two. NULL:
 * `error` says why. */
struct writer *writer_open(const struct writer_options *options, struct error *error);
/* The store itself, until writer_start(). */
struct store *writer_store(struct writer *writer);
int writer_start(struct writer *writer, struct error *error);

/* These copy what they are given and never wait for the disk. A source must be begun before a
 * finding that speaks of it is added. */
void writer_begin_source(struct writer *writer, uint32_t source, uint64_t fingerprint,
                         const char *name);
void writer_add(struct writer *writer, const struct finding *finding);
void writer_set_health(struct writer *writer, uint32_t source, const struct source_health *health);
void writer_add_health(struct writer *writer, uint32_t source, const struct health_minute *health);

void writer_counters(struct writer *writer, struct writer_counters *counters);

/* Stores what waits, finishes the run and stops the thread. 0, or -1: after `patience_ns` something
 * could still not be stored; `error` says what and why. A disk that does not answer is not waited
 * for: the thread is left to it, and what is still its own (writer_close() frees nothing then) goes
 * with the process, which had better end. */
int writer_finish(struct writer *writer, int64_t patience_ns, struct error *error);
/* Without writer_finish(), what was not committed is lost. NULL is fine. */
void writer_close(struct writer *writer);

#endif
