/* A ClickHouse server as the options and the environment name it. */
#ifndef CLI_CLICKHOUSE_ACCESS_H
#define CLI_CLICKHOUSE_ACCESS_H

#include <signal.h>

#include "capture/error.h"
#include "cli/options.h"
#include "report/clickhouse.h"

/* The user and the password come from --credentials, or from CLICKHOUSE_USER and
 * CLICKHOUSE_PASSWORD. `timeout_ns` and `stop` as in struct clickhouse_options. NULL: `error` says
 * why. Warns of a password that travels in the clear. */
struct clickhouse *clickhouse_access(const struct options *options, const char *url,
                                     int64_t timeout_ns, const volatile sig_atomic_t *stop,
                                     struct error *error);

#endif
