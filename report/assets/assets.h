/* Files that the build makes a part of the program: the page's style and script, which stand beside
 * this one, and ClickHouse's tables (dist/clickhouse). */
#ifndef REPORT_ASSETS_H
#define REPORT_ASSETS_H

#include <stddef.h>

struct asset {
    const char *bytes;
    size_t size_bytes;
};

extern const struct asset asset_style;  /* style.css */
extern const struct asset asset_script; /* page.js */

extern const struct asset asset_schema;  /* schema.sql, and so on */
extern const struct asset asset_cluster; /* these two hold {cluster} and {database} */
extern const struct asset asset_ttl;
extern const struct asset asset_cluster_ttl;
extern const struct asset asset_version;

#endif
