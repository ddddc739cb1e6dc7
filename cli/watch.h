/* What the files of `watch` share. */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/devices.h"
#include "cli/monitor.h"
#include "cli/notify.h"
#include "cli/outlet.h"
#include "cli/pipeline.h"
#include "report/page.h"
#include "report/summary.h"
#include "store/writer.h"

/* What a source gave when it was last told of. */
struct watched_source {
    struct device_counters device;
    struct source_health health;
    uint64_t lost; /* as it was last said */
};

struct watch {
    const struct options *options;
    struct devices *devices;
    struct pipeline pipeline;
    struct writer *writer;   /* NULL: no database */
    struct outlet *outlet;   /* NULL: nothing is printed */
    struct monitor *monitor; /* NULL: no metrics */
    struct notify notify;
    struct summary *summary;
    struct watched_source *sources;
    uint64_t evicted;     /* as last told */
    int64_t counted_ns;   /* when the sources were last counted, by the wall clock */
    int64_t loss_told_ns; /* when a loss was last complained of, by the steady clock */
    bool outlet_failed;   /* and it was said */

    int64_t begun_ns; /* by the wall clock: part of the identity of the sources */
    int signals;      /* a descriptor, -1: not open */
    bool ending;

    /* by the steady clock */
    int64_t tick_ns, count_ns, health_ns, status_ns, watchdog_ns, end_ns;
    int64_t newest_seen_ns; /* when the newest packet came */
    int64_t newest_ns;      /* its own time */
};

/* watch_open.c */

/* Opens all that is needed and gives up all rights to open more. EXIT_DONE, or how the program ends
 * (cli/command.h), and that was said. */
int watch_open(struct watch *watch, const struct pipeline_actions *actions);

/* watch_lock.c */

/* Nobody else may watch one of the interfaces into this database as this sensor, until this process
 * ends. */
int watch_lock(const struct watch *watch, const char *path, struct error *error);

/* watch_output.c */

bool watch_prints(const struct options *options);
void watch_print(struct watch *watch, const struct finding *finding);
/* Says once that nothing can be printed any more. */
void watch_check_outlet(struct watch *watch);
/* All counters, on standard error. */
void watch_print_counters(struct watch *watch);

/* watch_counts.c */

/* Asks the kernel what it lost, and tells all who want to know. */
void watch_count(struct watch *watch);
/* What the sources gave in all, to the database. */
void watch_store_health(struct watch *watch);
/* The values that metrics show. */
void watch_publish(struct watch *watch);
/* A line for the service manager. */
void watch_tell_status(const struct watch *watch);

#endif
