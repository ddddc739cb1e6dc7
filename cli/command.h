/* The subcommands, and what they share. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "capture/error.h"
#include "cli/options.h"
#include "report/page.h"

/* How the program ends. */
enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_MISUSED = 2,
};

int read_run(struct options *options);
int watch_run(struct options *options);
int list_run(struct options *options);
int show_run(struct options *options);
int report_run(struct options *options);
int ship_run(struct options *options);

/* "dnsblame: <text>" on standard error. Returns EXIT_FAILED, or EXIT_MISUSED. */
int complain_failed(const struct error *error);
int complain_misused(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Where --db is missing. */
#define SERVICE_DATABASE "; the service's: --config /etc/dnsblame/dnsblame.conf"

/* The same for what is no failure, or not the end; `priority` as syslog(3) has it. In a journal it
 * stands in front. A line at once: threads may speak at the same time. */
void remark(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A page on `output` as the options and the terminal want it. */
void page_open(struct page *page, FILE *output, const struct options *options);
/* What was printed has arrived: 0, or -1 and `error` (a full disk, a closed pipe). */
int output_finish(FILE *output, const char *name, struct error *error);

/* The span that --day, --since, --from and --to mean. -1: misused. */
int options_span(const struct options *options, int64_t *from_ns, int64_t *to_ns,
                 struct error *error);

#endif
