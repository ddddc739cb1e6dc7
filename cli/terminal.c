#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "report/moment.h"

#define WIDTH_DEFAULT 100
#define WIDTH_MIN     40

/* systemd says which file of ours its journal reads: "DEVICE:INODE" (systemd.exec(5)). */
static bool is_in_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat status;

    return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

void remark(int priority, const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (is_in_journal())
        fprintf(stderr, "<%d>%s\n", priority, text);
    else
        fprintf(stderr, "dnsblame: %s\n", text);
}

int complain_failed(const struct error *error)
{
    remark(LOG_ERR, "%s", error->text);
    return EXIT_FAILED;
}

int complain_misused(const char *format, ...)
{
    va_list arguments;

    fputs("dnsblame: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    putc('\n', stderr);
    return EXIT_MISUSED;
}

static bool wants_color(FILE *output, const struct options *options)
{
    const char *no_color = getenv("NO_COLOR"); /* https://no-color.org */
    const char *terminal = getenv("TERM");

    if (options->color != COLOR_AUTO)
        return options->color == COLOR_ALWAYS;
    if (no_color != NULL && no_color[0] != '\0')
        return false;
    if (terminal != NULL && strcmp(terminal, "dumb") == 0)
        return false;
    return isatty(fileno(output));
}

static unsigned terminal_width(FILE *output)
{
    struct winsize size;

    if (ioctl(fileno(output), TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return WIDTH_DEFAULT;
    return size.ws_col < WIDTH_MIN ? WIDTH_MIN : size.ws_col;
}

void page_open(struct page *page, FILE *output, const struct options *options)
{
    *page = (struct page){
        .output = output,
        .width = terminal_width(output),
        .color = wants_color(output, options),
        .numeric = options->numeric,
    };
}

int output_finish(FILE *output, const char *name, struct error *error)
{
    errno = 0;
    if (fflush(output) == EOF || ferror(output))
        return error_set(error, "%s: %s", name, errno != 0 ? strerror(errno) : "cannot be written");
    return 0;
}

static int parse_bound(const char *option, const char *text, int64_t now_ns, int64_t *time_ns,
                       struct error *error)
{
    if (text == NULL || moment_parse(text, time_ns) == 0 ||
        moment_parse_clock(text, now_ns, time_ns) == 0)
        return 0;
    return error_set(error, "--%s: '%s' is no time", option, text);
}

int options_span(const struct options *options, int64_t *from_ns, int64_t *to_ns,
                 struct error *error)
{
    int64_t now_ns = (int64_t)time(NULL) * 1000000000;

    *from_ns = options->since_ns != 0 ? now_ns - options->since_ns : INT64_MIN;
    *to_ns = INT64_MAX;
    if (options->day != NULL && moment_parse_day(options->day, now_ns, from_ns, to_ns) < 0)
        return error_set(error, "--day: '%s' is no day", options->day);
    if (parse_bound("from", options->from, now_ns, from_ns, error) < 0 ||
        parse_bound("to", options->to, now_ns, to_ns, error) < 0)
        return -1;
    if (*from_ns >= *to_ns)
        return error_set(error, "--%s is not before --to",
                         options->since_ns != 0 ? "since" : "from");
    return 0;
}
