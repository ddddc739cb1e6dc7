/* What the sections of the HTML report share. */
#ifndef REPORT_HTML_PRIVATE_H
#define REPORT_HTML_PRIVATE_H

#include <stdio.h>

#include "report/day.h"
#include "report/html_text.h"

struct html {
    FILE *output;
    const struct day *day;
    size_t *story_bytes_left;
};

/* The sections, in their order. Each prints nothing where there is nothing to say. */
void html_overview(const struct html *html);
int html_chart(const struct html *html, struct error *error);
void html_outages(const struct html *html);
void html_changes(const struct html *html);
void html_causes(const struct html *html);
void html_resolvers(const struct html *html);
void html_servers(const struct html *html);
void html_forecast(const struct html *html);
void html_tops(const struct html *html);
void html_hours(const struct html *html);
void html_elapsed(const struct html *html);
void html_capture(const struct html *html);

void html_story(const struct html *html, const struct day_outage *outage,
                const struct day_story *story);

/* <section> with its heading; `note` stands below, NULL: none. */
void html_section_begin(const struct html *html, const char *id, const char *title,
                        const char *note);
void html_section_end(const struct html *html);

/* A table that scrolls by itself where it is too wide. */
enum html_column_kind { COLUMN_TEXT, COLUMN_NUMBER, COLUMN_CHART, COLUMN_LATENCY };
struct html_column {
    const char *text;
    enum html_column_kind kind;
};
#define HTML_COLUMNS(columns) (columns), sizeof(columns) / sizeof((columns)[0])
void html_table_begin(const struct html *html, const char *id, const char *caption,
                      const struct html_column *columns, size_t count);
/* The same with a column for each sensor behind them, where there are several and not too many. */
void html_table_begin_sensors(const struct html *html, const char *id, const char *caption,
                              const struct html_column *columns, size_t count);
/* On paper the first rows of `rows` are enough, and it says so. */
void html_table_end(const struct html *html, size_t rows);

/* Cells. */
void html_cell_text(const struct html *html, const char *text); /* NULL: a dash */
void html_cell_count(const struct html *html, uint64_t count);
void html_cell_certain(const struct html *html, uint64_t count, enum day_certainty certainty);
void html_cell_share(const struct html *html, double share); /* 0 to 1; < 0: nothing to say */
void html_cell_duration(const struct html *html, int64_t duration_ns); /* < 0: nothing to say */
void html_cell_time(const struct html *html, int64_t time_ns);
void html_cells_sensors(const struct html *html, const uint64_t *sensors);
void html_cell_none(const struct html *html, const char *text);

/* "12.3 %", with as many digits as a small share needs. */
#define HTML_SHARE_SIZE 32
const char *html_share_to_text(double share, char text[HTML_SHARE_SIZE]);
/* "the day before", "the 7 days before", "a week before". */
const char *html_period_to_text(const struct day *day, enum day_period period, char text[64]);

/* The root's name is too short to be seen for a name. */
const char *html_zone_to_text(const char *zone);
/* A server: its name where it is known, and its address. */
void html_server(const struct html *html, const char *address, const char *name);
/* A cause: a mark in its category's colour, what it means, its code. */
void html_cause(const struct html *html, enum cause cause);
/* A command to be copied. */
void html_command(const struct html *html, const char *command);
/* "and 12 more: <command>", nothing where there are no more. */
void html_more(const struct html *html, uint64_t more, const char *what, const char *option,
               const char *value);

#endif
