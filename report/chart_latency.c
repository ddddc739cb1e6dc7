/* Latencies: a bucket is as wide as the other, so that the scale is logarithmic. */
#include <inttypes.h>
#include <math.h>

#include "report/chart_private.h"
#include "report/html_text.h"
#include "report/moment.h"
#include "report/page.h"

#define HISTOGRAM_HEIGHT 120

static double latency_position(int64_t latency_ns)
{
    double buckets = latency_ns > 0 ? log2((double)latency_ns / 1000 / 100) + 1 : 0;

    return 100 * fmin(1, fmax(0, buckets / LATENCY_BUCKETS));
}

static const struct {
    int64_t latency_ns;
    const char *text;
} latency_marks[] = {
    {1000000, "1 ms"},   {10000000, "10 ms"},   {100000000, "100 ms"},
    {1000000000, "1 s"}, {10000000000, "10 s"},
};

#define LATENCY_MARKS (sizeof(latency_marks) / sizeof(latency_marks[0]))

static void print_latency_axis(FILE *output, unsigned bottom)
{
    for (size_t i = 0; i < LATENCY_MARKS; i++) {
        double at = latency_position(latency_marks[i].latency_ns);

        fprintf(output,
                "<line class=\"tick\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"%u\"/><text "
                "class=\"axis\" x=\"%.2f%%\" y=\"%u\" text-anchor=\"middle\">%s</text>\n",
                at, at, bottom, at, bottom + 16, latency_marks[i].text);
    }
}

static void print_bucket(FILE *output, const struct chart_latency *latency, unsigned bucket,
                         uint64_t largest)
{
    double width = 100.0 / LATENCY_BUCKETS;
    double height = (HISTOGRAM_HEIGHT - 16) * (double)latency->buckets[bucket] / (double)largest;
    int64_t limit_us = latency_bucket_limit_us(bucket);
    char count[COUNT_TEXT_SIZE], text[MOMENT_TEXT_SIZE];

    if (latency->buckets[bucket] == 0)
        return;
    fprintf(output,
            "<rect class=\"bucket\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"%.2f\" "
            "height=\"%.2f\" data-value=\"%" PRIu64 "\"><title>",
            bucket * width, width, HISTOGRAM_HEIGHT - height, height, latency->buckets[bucket]);
    if (limit_us == INT64_MAX)
        html_text(output, "%s longer", count_to_text(latency->buckets[bucket], count));
    else
        html_text(output, "%s up to %s", count_to_text(latency->buckets[bucket], count),
                  duration_to_text(limit_us * 1000, text));
    fputs("</title></rect>\n", output);
}

static void print_percentile(FILE *output, int64_t latency_ns, const char *name, unsigned row)
{
    double at = latency_position(latency_ns);
    char text[MOMENT_TEXT_SIZE];

    if (latency_ns < 0)
        return;
    fprintf(output,
            "<g class=\"percentile\" data-value=\"%" PRId64 "\"><line x1=\"%.2f%%\" x2=\"%.2f%%\" "
            "y1=\"%u\" y2=\"%d\"/><text class=\"axis\" x=\"%.2f%%\" y=\"%u\" text-anchor=\"%s\">",
            latency_ns, at, at, row, HISTOGRAM_HEIGHT, at, row + 10, at > 50 ? "end" : "start");
    html_text(output, at > 50 ? "%s %s " : " %s %s", name, duration_to_text(latency_ns, text));
    fputs("</text></g>\n", output);
}

void chart_histogram_print(FILE *output, const struct chart_head *head,
                           const struct chart_latency *latency)
{
    uint64_t largest = 1;

    for (unsigned i = 0; i < LATENCY_BUCKETS; i++)
        largest = latency->buckets[i] > largest ? latency->buckets[i] : largest;
    chart_begin(output, head, HISTOGRAM_HEIGHT + CHART_AXIS_HEIGHT, "histogram", "img");
    print_latency_axis(output, HISTOGRAM_HEIGHT);
    for (unsigned i = 0; i < LATENCY_BUCKETS; i++)
        print_bucket(output, latency, i, largest);
    fprintf(output, "<line class=\"zero\" x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>\n",
            HISTOGRAM_HEIGHT, HISTOGRAM_HEIGHT);
    print_percentile(output, latency->p50_ns, "half within", 0);
    print_percentile(output, latency->p95_ns, "95 % within", 12);
    print_percentile(output, latency->p99_ns, "99 % within", 24);
    fputs("</svg>\n", output);
}

void chart_range_print(FILE *output, const struct chart_latency *latency, int64_t before_ns)
{
    double p50 = latency_position(latency->p50_ns);
    double p95 = latency->p95_ns < 0 ? 100 : latency_position(latency->p95_ns);
    double p99 = latency->p99_ns < 0 ? 100 : latency_position(latency->p99_ns),
           before = latency_position(before_ns);

    fputs("<svg class=\"range\" aria-hidden=\"true\" width=\"100%\" height=\"16\">", output);
    if (latency->p50_ns >= 0)
        fprintf(output,
                "<line class=\"tail\" x1=\"%.1f%%\" x2=\"%.1f%%\" y1=\"8\" y2=\"8\"/>"
                "<line class=\"body\" x1=\"%.1f%%\" x2=\"%.1f%%\" y1=\"8\" y2=\"8\"/>"
                "<circle cx=\"%.1f%%\" cy=\"8\" r=\"3.5\"/>",
                p50, p99, p50, p95, p50);
    if (before_ns >= 0)
        fprintf(output, "<line class=\"before\" x1=\"%.1f%%\" x2=\"%.1f%%\" y1=\"2\" y2=\"14\"/>",
                before, before);
    fputs("</svg>", output);
}

void chart_latency_axis_print(FILE *output)
{
    fputs("<svg class=\"range\" aria-hidden=\"true\" width=\"100%\" height=\"16\">", output);
    for (size_t i = 0; i < LATENCY_MARKS; i += 2)
        fprintf(output,
                "<text class=\"axis\" x=\"%.1f%%\" y=\"13\" text-anchor=\"middle\">%s</text>",
                latency_position(latency_marks[i].latency_ns), latency_marks[i].text);
    fputs("</svg>", output);
}
