/* The page's style and script as they stand beside this file: the build makes them a part of the
 * program. */
#ifndef REPORT_ASSETS_H
#define REPORT_ASSETS_H

#include <stddef.h>

struct asset {
    const char *bytes;
    size_t size_bytes;
};

extern const struct asset asset_style;  /* style.css */
extern const struct asset asset_script; /* page.js */

#endif
