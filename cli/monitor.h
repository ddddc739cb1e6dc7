/* What `watch` tells of itself while it runs: gathers what the stages count, and has it served. */
#ifndef CLI_MONITOR_H
#define CLI_MONITOR_H

#include "capture/devices.h"
#include "cli/pipeline.h"
#include "store/writer.h"

struct monitor;

/* Takes the address to serve at, and opens what tells whether the devices are up: to be called
 * while privileges are there. The devices are borrowed. NULL: `error` says why. */
struct monitor *monitor_open(const char *where, struct devices *devices, struct error *error);
/* Begins to serve, on a thread that has what its starter has left. */
int monitor_start(struct monitor *monitor, struct error *error);
void monitor_close(struct monitor *monitor); /* NULL is fine, as below */

void monitor_take(struct monitor *monitor, const struct finding *finding);
void monitor_resume_outage(struct monitor *monitor, const struct outage_change *outage);
/* These are the values from now on: to be called about once a second. `store` NULL: there is no
 * database. */
void monitor_publish(struct monitor *monitor, const struct pipeline *pipeline,
                     const struct writer_counters *store);

#endif
