/* The tables of a fleet in ClickHouse: dist/clickhouse/, which is a part of the program. */
#ifndef REPORT_FLEET_SCHEMA_H
#define REPORT_FLEET_SCHEMA_H

#include "capture/error.h"
#include "report/clickhouse.h"

/* Creates the database and what is missing of the tables, and sets their retention where they are
 * new and the server can; where it was interrupted it completes what is there. `cluster` NULL: on
 * one server. Refuses tables of a later version. */
int fleet_schema_create(struct clickhouse *clickhouse, const char *cluster, struct error *error);

/* Are there tables, of the version that this program fits? `created`: when, as text. 0; -1: the
 * server cannot be asked; -2: there are none, or others, which `error` says with both versions. */
int fleet_schema_check(struct clickhouse *clickhouse, char created[32], struct error *error);

#endif
