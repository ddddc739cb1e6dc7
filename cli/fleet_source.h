/* --from URL: a fleet's rows, for the commands that ask for them. */
#ifndef CLI_FLEET_SOURCE_H
#define CLI_FLEET_SOURCE_H

#include "capture/error.h"
#include "cli/options.h"
#include "report/clickhouse.h"
#include "report/fleet.h"

struct fleet_source {
    struct clickhouse *server;
    struct fleet *fleet;
};

/* The sensors that --sensor names, or all. fleet_source_close() is due in any case. */
int fleet_source_open(struct fleet_source *source, const struct options *options,
                      struct error *error);
void fleet_source_close(struct fleet_source *source);

#endif
