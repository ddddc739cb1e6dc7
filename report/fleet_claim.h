/* Whose a sensor's name is among a fleet's. Rows are known by it: two databases that carry one name
 * would replace each other's there, and neither would know. So the first that is shipped under a
 * name claims it, and another one is refused until it takes over. A database is known by its ledger
 * (store/newest_schema.c), wherever its file is moved to; a backup of it is the same one. */
#ifndef REPORT_FLEET_CLAIM_H
#define REPORT_FLEET_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/error.h"
#include "report/clickhouse.h"

struct fleet_claim {
    const char *sensor;
    uint64_t database;
    const char *host; /* told to whoever comes with another database */
    int64_t now_ns;
    bool take_over;
};

/* 0: the name is this database's; -1: the server cannot be asked; -2: it is another's, which
 * `error` says, and what to do. */
int fleet_claim(struct clickhouse *clickhouse, const struct fleet_claim *claim,
                struct error *error);

#endif
