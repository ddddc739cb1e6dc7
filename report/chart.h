/* Charts as inline SVG that the page's style colours. Widths are percentages and heights pixels,
 * so that one drawing fits a desk, a phone and paper while its letters keep their size. What is
 * drawn stands in data attributes, too, and in words in <title>. Scales of shares and counts begin
 * at zero; times that no capture covers are left empty and say so. */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "correlate/correlator.h"

/* Lines at 0, step, 2 step ... top, where top >= largest. */
struct chart_scale {
    double top;
    double step;
    unsigned decimals; /* that the step needs */
};
/* A step of 1, 2 or 5 times a power of ten, at most `lines` (> 0) of them. */
struct chart_scale chart_scale_from_zero(double largest, unsigned lines);

/* Which time the whole width stands for. */
struct chart_span {
    int64_t from_ns;
    int64_t to_ns;
};

/* What stands at every chart's beginning. All borrowed. */
struct chart_head {
    const char *id; /* of the element, unique in the page */
    const char *title;
    const char *description; /* what is to be seen, for those who do not see it */
};

#define CHART_PARTS_MAX 16

struct chart_column {
    int64_t from_ns;
    int64_t to_ns;
    bool known;
    double parts[CHART_PARTS_MAX]; /* from the bottom up */
};

struct chart_columns {
    struct chart_head head;
    struct chart_span span;
    const struct chart_column *columns;
    size_t column_count;
    const char *part_codes[CHART_PARTS_MAX]; /* "dnssec": also the colour's class, c-dnssec */
    size_t part_count;
    const char *unit;                                               /* behind the scale's numbers */
    double reference;                                               /* a line across, < 0: none */
    void (*tell)(FILE *output, const void *context, size_t column); /* a column in words */
    const void *context;
};

/* Columns over time, each stacked out of its parts. */
void chart_columns_print(FILE *output, const struct chart_columns *chart);

struct chart_bar {
    int64_t from_ns;
    int64_t to_ns;
    bool before; /* it began before the span */
    bool after;  /* it goes on */
    const char *code;
    const char *label; /* "" where only `text` says what it is */
    const char *text;
    const char *link; /* "#outage-1" */
};

/* When things were, a row each, numbered from 1. */
void chart_timeline_print(FILE *output, const struct chart_head *head,
                          const struct chart_span *span, const struct chart_bar *bars,
                          size_t count);

/* How often something took how long, on a logarithmic scale, with the percentiles marked. */
struct chart_latency {
    const uint64_t *buckets;        /* LATENCY_BUCKETS of them */
    int64_t p50_ns, p95_ns, p99_ns; /* < 0: not known */
};
void chart_histogram_print(FILE *output, const struct chart_head *head,
                           const struct chart_latency *latency);
/* The same as one thin line from the median to the 99th percentile, for a row of a table;
 * `before_ns` < 0: nothing to compare the median with. */
void chart_range_print(FILE *output, const struct chart_latency *latency, int64_t before_ns);
/* The scale of both, for the head of that table. */
void chart_latency_axis_print(FILE *output);

/* `value` out of `whole` as a bar for a row of a table, with a mark where it was before (< 0: not
 * known). */
void chart_share_print(FILE *output, const char *code, double value, double before, double whole);

#endif
