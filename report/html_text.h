/* Text into HTML. Names, EDE texts, sensors and file names come from strangers: all that is not
 * markup of our own goes through html_text(), in content and in attributes alike. */
#ifndef REPORT_HTML_TEXT_H
#define REPORT_HTML_TEXT_H

#include <stdint.h>
#include <stdio.h>

#define HTML_TEXT_MAX 8192 /* octets of one call, before escaping; more is cut off */

/* Formats, makes control characters and bidirectional overrides visible (report/safe.h), and writes
 * what can stand between tags and between quotes. */
void html_text(FILE *output, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* <time datetime="2026-11-20T14:03:11Z">2026-11-20 14:03:11</time>, shown in the report's time
 * zone; the page's script can show it in the reader's. `shape` says how much is shown. */
enum html_time_shape { HTML_TIME_FULL, HTML_TIME_SECOND, HTML_TIME_MINUTE, HTML_TIME_CLOCK };
void html_time(FILE *output, int64_t time_ns, enum html_time_shape shape);

#endif
