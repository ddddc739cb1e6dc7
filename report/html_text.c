#include "report/html_text.h"

#include <stdarg.h>

#include "report/moment.h"
#include "report/safe.h"

static void put_escaped(FILE *output, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", output);
            break;
        case '<':
            fputs("&lt;", output);
            break;
        case '>':
            fputs("&gt;", output);
            break;
        case '"':
            fputs("&quot;", output);
            break;
        case '\'':
            fputs("&#39;", output);
            break;
        default:
            putc(*text, output);
        }
    }
}

void html_text(FILE *output, const char *format, ...)
{
    char text[HTML_TEXT_MAX], safe[SAFE_TEXT_SIZE(HTML_TEXT_MAX)];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    put_escaped(output, safe_prose(text, safe, sizeof(safe)));
}

void html_time(FILE *output, int64_t time_ns, enum html_time_shape shape)
{
    /* Parts of "2026-11-20 14:03:11". */
    static const struct {
        const char *code;
        int begin, length;
    } shapes[] = {
        [HTML_TIME_FULL] = {"full", 0, 19},
        [HTML_TIME_SECOND] = {"second", 11, 8},
        [HTML_TIME_MINUTE] = {"minute", 0, 16},
        [HTML_TIME_CLOCK] = {"clock", 11, 5},
    };
    char machine[MOMENT_TEXT_SIZE], people[MOMENT_TEXT_SIZE];

    moment_to_text(time_ns, people);
    fprintf(output, "<time datetime=\"%s\" data-shape=\"%s\">%.*s</time>",
            moment_to_rfc3339(time_ns, machine), shapes[shape].code, shapes[shape].length,
            people + shapes[shape].begin);
}
