/* Points in time and spans as text. Machines get UTC; people get the time zone of the process (TZ),
 * which the cli sets, UTC unless asked otherwise. */
#ifndef REPORT_MOMENT_H
#define REPORT_MOMENT_H

#include <stdint.h>

#define MOMENT_TEXT_SIZE 64

/* "2026-01-01T00:04:05.123456789Z" (RFC 3339). All of these return `text`. */
const char *moment_to_rfc3339(int64_t time_ns, char text[MOMENT_TEXT_SIZE]);
/* The same without a fraction where that is 0. */
const char *moment_to_short_rfc3339(int64_t time_ns, char text[MOMENT_TEXT_SIZE]);
/* "2026-01-01 00:04:05.123" in the time zone; "2026-01-01 00:04:05 UTC"; "UTC". */
const char *moment_to_text(int64_t time_ns, char text[MOMENT_TEXT_SIZE]);
const char *moment_to_second(int64_t time_ns, char text[MOMENT_TEXT_SIZE]);
const char *moment_zone(int64_t time_ns, char text[MOMENT_TEXT_SIZE]);
/* "850 us", "12.3 ms", "5.20 s", "12 min", "3 h 05 min", "2 d 4 h". */
const char *duration_to_text(int64_t duration_ns, char text[MOMENT_TEXT_SIZE]);

/* RFC 3339 with an offset, the same without one in the time zone, or YYYY-MM-DD: that midnight in
 * the time zone. 0, or -1 if it is none of these or not within 1970 to 2261. */
int moment_parse(const char *text, int64_t *time_ns);
/* "HH:MM" or "HH:MM:SS" of the day of `now_ns` in the time zone. 0, or -1 if it is none. */
int moment_parse_clock(const char *text, int64_t now_ns, int64_t *time_ns);
/* "YYYY-MM-DD", "today" or "yesterday" as of `now_ns`: from midnight to midnight in the time zone.
 */
int moment_parse_day(const char *text, int64_t now_ns, int64_t *from_ns, int64_t *to_ns);

#endif
