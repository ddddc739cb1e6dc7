/* An incident as a line of JSON: the contract of `read`, `list` and `show` with --format json.
 * Names in it are stable; more may be added; `schema` changes when one changes its meaning. */
#ifndef REPORT_INCIDENT_JSON_H
#define REPORT_INCIDENT_JSON_H

#include <stdio.h>

#include "capture/error.h"
#include "correlate/correlator.h"
#include "report/context.h"

#define INCIDENT_JSON_SCHEMA 1

/* One line with its newline. -1: no memory, or the output cannot be written. */
int incident_json_print(FILE *output, const struct incident *incident,
                        const struct incident_context *context, struct error *error);

/* The same for an outage that begins or ends, for `watch`: schema, analyzer_version, sensor, event
 * ("outage-opened", "outage-closed"), outage, cause, category, zone, resolver, servers, first_time,
 * last_time, incidents. */
int outage_json_print(FILE *output, const struct outage_change *outage,
                      const struct incident_context *context, struct error *error);

#endif
