#include "report/chart_private.h"

#include <math.h>
#include <time.h>

#include "report/html_text.h"
#include "report/moment.h"
#include "report/page.h"

#define NS_PER_SECOND INT64_C(1000000000)

struct chart_scale chart_scale_from_zero(double largest, unsigned lines)
{
    static const double mantissas[] = {1, 2, 5, 10};
    double power;
    unsigned i = 0;

    if (!(largest > 0))
        return (struct chart_scale){.top = 1, .step = 1};
    power = pow(10, floor(log10(largest / lines)));
    /* A hair less, for a largest value that is a round one. */
    while (i < 3 && mantissas[i] * power * lines < largest * (1 - 1e-9))
        i++;
    return (struct chart_scale){
        .step = mantissas[i] * power,
        .top = mantissas[i] * power * ceil(largest / (mantissas[i] * power) - 1e-9),
        .decimals = power * mantissas[i] < 1 ? (unsigned)ceil(-log10(mantissas[i] * power)) : 0,
    };
}

/* Where in the width a time is, in percent. */
static double position(const struct chart_span *span, int64_t time_ns)
{
    double whole = (double)(span->to_ns - span->from_ns);
    double at = whole > 0 ? 100.0 * (double)(time_ns - span->from_ns) / whole : 0;

    return fmin(100, fmax(0, at));
}

void chart_begin(FILE *output, const struct chart_head *head, unsigned height, const char *class,
                 const char *role)
{
    fprintf(output,
            "<svg id=\"%s\" class=\"chart %s\" width=\"100%%\" height=\"%u\" role=\"%s\" "
            "aria-labelledby=\"%s-title %s-text\"><title id=\"%s-title\">",
            head->id, class, height, role, head->id, head->id, head->id);
    html_text(output, "%s", head->title);
    fprintf(output, "</title><desc id=\"%s-text\">", head->id);
    html_text(output, "%s", head->description);
    fputs("</desc>\n", output);
}

/* The time axis: a mark at each round local time. */

static int64_t tick_step_s(const struct chart_span *span)
{
    static const int64_t steps_s[] = {1,    5,     15,    60,    300,    900,
                                      3600, 10800, 21600, 86400, 604800, 2592000};
    const size_t count = sizeof(steps_s) / sizeof(steps_s[0]);
    int64_t length_s = (span->to_ns - span->from_ns) / NS_PER_SECOND;
    size_t i = 0;

    while (i + 1 < count && length_s / steps_s[i] > 10)
        i++;
    return steps_s[i];
}

static bool is_tick(const struct tm *local, int64_t step_s)
{
    int64_t second = local->tm_hour * 3600 + local->tm_min * 60 + local->tm_sec;

    if (step_s < 86400)
        return second % step_s == 0;
    if (second != 0)
        return false;
    return step_s == 86400 ? true : step_s == 604800 ? local->tm_wday == 1 : local->tm_mday == 1;
}

static void print_tick(FILE *output, const struct chart_span *span, int64_t time_ns, int64_t step_s,
                       unsigned bottom, bool minor)
{
    double at = position(span, time_ns);
    time_t seconds = (time_t)(time_ns / NS_PER_SECOND);
    const char *anchor = at < 2 ? "start" : at > 98 ? "end" : "middle";
    char text[32], machine[MOMENT_TEXT_SIZE];
    struct tm local;

    localtime_r(&seconds, &local);
    if (step_s < 60)
        strftime(text, sizeof(text), "%H:%M:%S", &local);
    else if (step_s < 86400)
        strftime(text, sizeof(text), "%H:%M", &local);
    else
        strftime(text, sizeof(text), "%-d %b", &local);
    fprintf(output, "<line class=\"tick\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"%u\"/>", at, at,
            bottom);
    fprintf(output,
            "<text class=\"axis%s\" x=\"%.2f%%\" y=\"%u\" text-anchor=\"%s\" data-time=\"%s\" "
            "data-shape=\"%s\">%s</text>\n",
            minor ? " minor" : "", at, bottom + 16, anchor, moment_to_rfc3339(time_ns, machine),
            step_s < 60      ? "second"
            : step_s < 86400 ? "clock"
                             : "day",
            text);
}

static void print_time_axis(FILE *output, const struct chart_span *span, unsigned bottom)
{
    int64_t step_s = tick_step_s(span);
    /* Zones lie quarters of an hour apart at the finest, and change at such times. */
    int64_t stride_ns = (step_s < 900 ? step_s : 900) * NS_PER_SECOND;
    int64_t time_ns = span->from_ns - span->from_ns % stride_ns;
    unsigned number = 0;

    for (; time_ns <= span->to_ns; time_ns += stride_ns) {
        time_t seconds = (time_t)(time_ns / NS_PER_SECOND);
        struct tm local;

        localtime_r(&seconds, &local);
        if (time_ns >= span->from_ns && is_tick(&local, step_s))
            print_tick(output, span, time_ns, step_s, bottom, number++ % 2 == 1);
    }
}

/* Columns. */

#define COLUMNS_HEIGHT 200
#define COLUMNS_TOP    14 /* room for the highest line's number */

static double column_height(const struct chart_columns *chart, const struct chart_column *column)
{
    double sum = 0;

    for (size_t i = 0; i < chart->part_count; i++)
        sum += column->parts[i];
    return sum;
}

static struct chart_scale columns_scale(const struct chart_columns *chart)
{
    double largest = chart->reference;

    for (size_t i = 0; i < chart->column_count; i++) {
        if (chart->columns[i].known)
            largest = fmax(largest, column_height(chart, &chart->columns[i]));
    }
    return chart_scale_from_zero(largest, 4);
}

static double level(const struct chart_scale *scale, double value)
{
    return COLUMNS_HEIGHT - (COLUMNS_HEIGHT - COLUMNS_TOP) * value / scale->top;
}

static void print_lines(FILE *output, const struct chart_columns *chart,
                        const struct chart_scale *scale)
{
    unsigned count = (unsigned)lround(scale->top / scale->step);

    for (unsigned i = 0; i <= count; i++) {
        double value = i * scale->step, y = level(scale, value);

        fprintf(output, "<line class=\"%s\" x1=\"0\" x2=\"100%%\" y1=\"%.1f\" y2=\"%.1f\"/>",
                i == 0 ? "zero" : "grid", y, y);
        fprintf(output, "<text class=\"axis scale\" x=\"0\" y=\"%.1f\">%.*f%s</text>\n", y - 3,
                (int)scale->decimals, value, chart->unit);
    }
}

static void print_column(FILE *output, const struct chart_columns *chart,
                         const struct chart_scale *scale, size_t number)
{
    const struct chart_column *column = &chart->columns[number];
    double left = position(&chart->span, column->from_ns);
    double width = position(&chart->span, column->to_ns) - left;
    char from[MOMENT_TEXT_SIZE];
    double sum = 0;

    fprintf(output, "<g class=\"column\" data-from=\"%s\" data-value=\"%.6g\"><title>",
            moment_to_rfc3339(column->from_ns, from), column_height(chart, column));
    chart->tell(output, chart->context, number);
    /* Over all of the height, so that small columns can be pointed at, too. */
    fprintf(output,
            "</title><rect class=\"aim\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"0\" height=\"%d\"/>",
            left, width, COLUMNS_HEIGHT);
    for (size_t i = 0; i < chart->part_count; i++) {
        double bottom = level(scale, sum), top;

        if (!(column->parts[i] > 0))
            continue;
        sum += column->parts[i];
        top = level(scale, sum);
        fprintf(output,
                "<rect class=\"c-%s\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"%.2f\" height=\"%.2f\" "
                "data-part=\"%s\" data-value=\"%.6g\"/>",
                chart->part_codes[i], left, width, top, bottom - top, chart->part_codes[i],
                column->parts[i]);
    }
    fputs("</g>\n", output);
}

/* From `first` on, the next run of columns that nothing is known of. Returns where it ends. */
static size_t print_gap(FILE *output, const struct chart_columns *chart, size_t first)
{
    size_t last = first;
    double left, right;

    while (last + 1 < chart->column_count && !chart->columns[last + 1].known)
        last++;
    left = position(&chart->span, chart->columns[first].from_ns);
    right = position(&chart->span, chart->columns[last].to_ns);
    fprintf(output,
            "<g class=\"gap\"><title>Not captured</title><rect x=\"%.3f%%\" width=\"%.3f%%\" "
            "y=\"%d\" height=\"%d\"/>",
            left, right - left, COLUMNS_TOP, COLUMNS_HEIGHT - COLUMNS_TOP);
    if (right - left > 12)
        fprintf(output,
                "<text class=\"axis\" x=\"%.2f%%\" y=\"%d\" text-anchor=\"middle\">%s"
                "</text>",
                (left + right) / 2, COLUMNS_HEIGHT - 8, "not captured");
    fputs("</g>\n", output);
    return last + 1;
}

static void print_reference(FILE *output, const struct chart_columns *chart,
                            const struct chart_scale *scale)
{
    double y = level(scale, chart->reference);

    fprintf(output,
            "<g class=\"reference\" data-value=\"%.6g\"><line x1=\"0\" x2=\"100%%\" y1=\"%.1f\" "
            "y2=\"%.1f\"/></g>\n",
            chart->reference, y, y);
}

void chart_columns_print(FILE *output, const struct chart_columns *chart)
{
    struct chart_scale scale = columns_scale(chart);
    size_t i = 0;

    chart_begin(output, &chart->head, COLUMNS_HEIGHT + CHART_AXIS_HEIGHT, "columns", "img");
    print_time_axis(output, &chart->span, COLUMNS_HEIGHT);
    while (i < chart->column_count) {
        if (chart->columns[i].known)
            print_column(output, chart, &scale, i++);
        else
            i = print_gap(output, chart, i);
    }
    /* Over the columns, for the numbers to be readable there. */
    print_lines(output, chart, &scale);
    if (chart->reference >= 0)
        print_reference(output, chart, &scale);
    fputs("</svg>\n", output);
}

/* The timeline. */

#define ROW_HEIGHT 30

/* Where there is little room, the name is enough. */
static void print_label(FILE *output, const struct chart_bar *bar, unsigned number)
{
    bool named = bar->label[0] != '\0';

    fprintf(output, "<tspan class=\"name\">%u. ", number);
    html_text(output, "%s", named ? bar->label : bar->text);
    fputs("</tspan>", output);
    if (named) {
        fputs("<tspan class=\"minor\"> ", output);
        html_text(output, "%s", bar->text);
        fputs("</tspan>", output);
    }
}

static void print_bar(FILE *output, const struct chart_span *span, const struct chart_bar *bar,
                      unsigned number)
{
    unsigned top = (number - 1) * ROW_HEIGHT;
    double left = position(span, bar->from_ns), right = position(span, bar->to_ns);
    double width = fmax(right - left, 0.4);
    /* The label begins or ends where the bar does, or has its middle there, lest it leave the
     * drawing. */
    const char *anchor = left < 35 ? "start" : right > 65 ? "end" : "middle";
    double label_at = left < 35 ? left : right > 65 ? right : (left + right) / 2;
    char from[MOMENT_TEXT_SIZE], to[MOMENT_TEXT_SIZE];

    left = fmin(left, 100 - width);
    fprintf(output, "<a href=\"%s\" data-from=\"%s\" data-to=\"%s\"><title>", bar->link,
            moment_to_rfc3339(bar->from_ns, from), moment_to_rfc3339(bar->to_ns, to));
    html_text(output, "%u. %s %s, %s%s to %s%s", number, bar->label, bar->text,
              bar->before ? "since " : "", moment_to_second(bar->from_ns, from),
              moment_to_second(bar->to_ns, to), bar->after ? ", going on" : "");
    fprintf(output,
            "</title><rect class=\"aim\" x=\"0\" width=\"100%%\" y=\"%u\" height=\"%d\"/>"
            "<rect class=\"c-%s%s\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"%u\" height=\"9\"/>",
            top, ROW_HEIGHT, bar->code, bar->after ? " open" : "", left, width, top + 17);
    if (bar->before && width > 2)
        fprintf(output, "<text class=\"end\" x=\"0\" y=\"%u\">&#9664;</text>", top + 25);
    if (bar->after && width > 2)
        fprintf(output,
                "<text class=\"end\" x=\"%.3f%%\" y=\"%u\" text-anchor=\"end\">&#9654;</text>",
                left + width, top + 25);
    fprintf(output, "<text x=\"%.3f%%\" y=\"%u\" text-anchor=\"%s\">", label_at, top + 13, anchor);
    print_label(output, bar, number);
    fputs("</text></a>\n", output);
}

void chart_timeline_print(FILE *output, const struct chart_head *head,
                          const struct chart_span *span, const struct chart_bar *bars, size_t count)
{
    unsigned bottom = (unsigned)count * ROW_HEIGHT + 4;

    chart_begin(output, head, bottom + CHART_AXIS_HEIGHT, "timeline", "group");
    print_time_axis(output, span, bottom);
    fprintf(output, "<line class=\"zero\" x1=\"0\" x2=\"100%%\" y1=\"%u\" y2=\"%u\"/>\n", bottom,
            bottom);
    for (size_t i = 0; i < count; i++)
        print_bar(output, span, &bars[i], (unsigned)i + 1);
    fputs("</svg>\n", output);
}

void chart_share_print(FILE *output, const char *code, double value, double before, double whole)
{
    double scale = whole > 0 ? 100 / whole : 0;

    fputs("<svg class=\"share\" aria-hidden=\"true\" width=\"100%\" height=\"14\">", output);
    if (value > 0)
        fprintf(output, "<rect class=\"c-%s\" y=\"2\" height=\"10\" width=\"%.2f%%\"/>", code,
                fmin(100, fmax(value * scale, 0.5)));
    if (before >= 0)
        fprintf(output, "<line class=\"before\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"14\"/>",
                fmin(99.5, before * scale), fmin(99.5, before * scale));
    fputs("</svg>", output);
}
