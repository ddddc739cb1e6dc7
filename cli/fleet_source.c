#include "cli/fleet_source.h"

#include "cli/clickhouse_access.h"

/* For how long a query over months may say nothing. */
#define PATIENCE_NS (15 * 60 * INT64_C(1000000000))

int fleet_source_open(struct fleet_source *source, const struct options *options,
                      struct error *error)
{
    *source = (struct fleet_source){NULL, NULL};
    source->server = clickhouse_access(options, options->fleet, PATIENCE_NS, NULL, error);
    if (source->server == NULL)
        return -1;
    source->fleet =
        fleet_open(source->server, options->sensors.items, options->sensors.count, error);
    return source->fleet == NULL ? -1 : 0;
}

void fleet_source_close(struct fleet_source *source)
{
    fleet_close(source->fleet);
    clickhouse_free(source->server);
}
