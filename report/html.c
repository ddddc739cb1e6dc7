#include "report/html.h"

#include <openssl/evp.h>
#include <time.h>

#include "report/assets/assets.h"
#include "report/html_private.h"
#include "report/moment.h"

/* Stories are the most of the page. Past this there are commands in their place, so that the file
 * can be mailed whatever the names in it are. */
#define STORY_BYTES_MAX 1000000

/* What the policy allows: this style and this script, by their hashes, and nothing else. */
static int print_hash(FILE *output, const struct asset *asset, struct error *error)
{
    unsigned char digest[EVP_MAX_MD_SIZE], text[2 * EVP_MAX_MD_SIZE];
    unsigned size;

    if (EVP_Digest(asset->bytes, asset->size_bytes, digest, &size, EVP_sha256(), NULL) != 1)
        return error_set(error, "SHA-256 is not available");
    EVP_EncodeBlock(text, digest, (int)size);
    fprintf(output, "'sha256-%s'", (const char *)text);
    return 0;
}

static int print_policy(FILE *output, struct error *error)
{
    fputs("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src ",
          output);
    if (print_hash(output, &asset_style, error) < 0)
        return -1;
    fputs("; script-src ", output);
    if (print_hash(output, &asset_script, error) < 0)
        return -1;
    fputs("; img-src data:; base-uri 'none'; form-action 'none'\">\n", output);
    return 0;
}

/* Where the clock is put forth at midnight a day begins an hour later. */
static bool is_day(const struct day_span *span, const struct tm *begin)
{
    int64_t from_ns, to_ns;
    char date[32];

    strftime(date, sizeof(date), "%F", begin);
    return moment_parse_day(date, 0, &from_ns, &to_ns) == 0 && from_ns == span->from_ns &&
           to_ns == span->to_ns;
}

/* "Friday, 20 November 2026" where the span is a day of the calendar, else from when to when. */
static void print_title(const struct html *html)
{
    const struct day_span *span = &html->day->spans[PERIOD_NOW];
    time_t from = (time_t)(span->from_ns / 1000000000), to = (time_t)(span->to_ns / 1000000000);
    struct tm begin, end;
    char text[64];

    localtime_r(&from, &begin);
    localtime_r(&to, &end);
    if (is_day(span, &begin)) {
        strftime(text, sizeof(text), "%A, %-d %B %Y", &begin);
        html_text(html->output, "%s", text);
        return;
    }
    strftime(text, sizeof(text), "%-d %B %Y %H:%M", &begin);
    html_text(html->output, "%s to ", text);
    strftime(text, sizeof(text), "%-d %B %Y %H:%M", &end);
    html_text(html->output, "%s", text);
}

static int print_head(const struct html *html, struct error *error)
{
    FILE *output = html->output;

    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n", output);
    if (print_policy(output, error) < 0)
        return -1;
    fputs("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<meta name=\"referrer\" content=\"no-referrer\">\n"
          "<link rel=\"icon\" href=\"data:,\">\n<title>SERVFAIL, ",
          output);
    print_title(html);
    fputs("</title>\n<style>", output);
    fwrite(asset_style.bytes, 1, asset_style.size_bytes, output);
    fputs("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n",
          output);
    return 0;
}

/* Who watched, what, and in which time zone this is told. */
static void print_banner(const struct html *html)
{
    const struct day *day = html->day;
    FILE *output = html->output;

    fputs("<header>\n<p class=\"kicker\">SERVFAIL report", output);
    for (size_t i = 0; i < day->sensor_count && i < DAY_COLUMNS_MAX; i++)
        html_text(output, "%s%s", i == 0 ? " \u00b7 " : ", ", day->sensors[i].name);
    if (day->sensor_count > DAY_COLUMNS_MAX)
        html_text(output, " and %zu more", day->sensor_count - DAY_COLUMNS_MAX);
    fputs("</p>\n<h1>", output);
    print_title(html);
    fputs("</h1>\n<div class=\"tools\" hidden>"
          "<label>Times in <select id=\"zone\"><option value=\"report\">",
          output);
    html_text(output, "%s", day->timezone);
    fputs("</option></select></label> "
          "<button type=\"button\" id=\"expand\" aria-pressed=\"false\">Expand all</button>"
          "</div>\n<nav aria-label=\"Sections\" hidden></nav>\n</header>\n",
          output);
}

static void print_foot(const struct html *html)
{
    FILE *output = html->output;

    fputs("<footer>\n<p>Made ", output);
    html_time(output, html->day->now_ns, HTML_TIME_FULL);
    html_text(output, " %s by dnsblame %s", html->day->timezone, html->day->analyzer_version);
    fputs(", from packets alone: it asked nobody anything.</p>\n</footer>\n"
          "<p id=\"said\" class=\"unseen\" role=\"status\"></p>\n<script>",
          output);
    fwrite(asset_script.bytes, 1, asset_script.size_bytes, output);
    fputs("</script>\n</body>\n</html>\n", output);
}

int html_print(FILE *output, const struct day *day, struct error *error)
{
    static void (*const sections[])(const struct html *) = {
        html_outages,  html_changes, html_causes, html_resolvers, html_servers,
        html_forecast, html_tops,    html_hours,  html_elapsed,   html_capture,
    };
    size_t story_bytes_left = STORY_BYTES_MAX;
    const struct html html = {.output = output, .day = day, .story_bytes_left = &story_bytes_left};

    if (print_head(&html, error) < 0)
        return -1;
    print_banner(&html);
    fputs("<main id=\"main\">\n", output);
    html_overview(&html);
    if (html_chart(&html, error) < 0)
        return -1;
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
        sections[i](&html);
    fputs("</main>\n", output);
    print_foot(&html);
    return 0;
}
