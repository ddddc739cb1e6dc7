/* The report as one JSON object, for other programs. Its contract stands in report/SCHEMA.md: names
 * are stable, more may be added, `schema` changes when one changes its meaning. */
#ifndef REPORT_DAY_JSON_H
#define REPORT_DAY_JSON_H

#include <stdio.h>

#include "report/day.h"

#define DAY_JSON_SCHEMA 1

int day_json_print(FILE *output, struct day *day, struct error *error);

#endif
