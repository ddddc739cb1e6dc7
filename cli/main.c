#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/help.h"
#include "cli/timezone.h"

static const struct command {
    const char *name;
    unsigned bit;
    int (*run)(struct options *options);
    const char *synopsis;
    const char *description;
    const char *details; /* NULL: none */
} commands[] = {
    {"read", FOR_READ, read_run, "FILE... [FILTER]", "explain the SERVFAILs in capture files",
     "Files are pcap or pcapng, plain or compressed (.gz .xz .zst .lz4), in any order; '-' is "
     "standard input. What names no file begins a filter as tcpdump has it (pcap-filter(7)), "
     "unless it comes first or looks like a path to a capture: then it is a file that is missing. "
     "Behind '--' all is filter."},
    {"watch", FOR_WATCH, watch_run, "-i INTERFACE [-i INTERFACE]... [FILTER]",
     "explain SERVFAILs as they happen, for ever",
     "What is no option is a filter as tcpdump has it, in place of the built-in one, which takes "
     "DNS and what may hold or tell of it. SIGTERM and SIGINT end it cleanly, SIGUSR1 prints its "
     "counters to standard error, SIGHUP is ignored."},
    {"list", FOR_LIST, list_run, "--db FILE", "list incidents out of a database", NULL},
    {"show", FOR_SHOW, show_run, "--db FILE ID", "tell the story of one incident", NULL},
    {"report", FOR_REPORT, report_run, "--db FILE", "report on a day or any span",
     "Without --day, --since, --from and --to it is all that the database holds."},
    {"ship", FOR_SHIP, ship_run, "--db FILE --to URL", "bring a database's rows to ClickHouse",
     "Follows the database for ever, or ships what there is --once. Nothing is lost while the "
     "server is away, and rows that come twice count once."},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *output)
{
    fprintf(output,
            "Usage: dnsblame COMMAND ...\n\n"
            "Tells who broke each SERVFAIL that a DNS client got, from captured packets.\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(output, "  %-8s %s\n", commands[i].name, commands[i].description);
    fprintf(output,
            "\n'dnsblame COMMAND --help' says more of each, 'dnsblame --version' its version.\n"
            "Exit status: 0 done, 1 failed, 2 misused.\n");
}

static void print_help(const struct command *command)
{
    printf("Usage: dnsblame %s [OPTION]... %s\n\n%c%s.\n\n", command->name, command->synopsis,
           command->description[0] - 'a' + 'A', command->description + 1);
    if (command->details != NULL) {
        help_print_text(stdout, command->details);
        printf("\n");
    }
    printf("Options:\n");
    help_print_options(stdout, command->bit);
}

static int print_version(void)
{
    puts("dnsblame " DNSBLAME_VERSION);
    return EXIT_DONE;
}

/* Standard output may be full or closed also for a help text. */
static int finish(int status)
{
    struct error error;

    if (output_finish(stdout, "standard output", &error) < 0 && status == EXIT_DONE)
        return complain_failed(&error);
    return status;
}

static int run_parsed(const struct command *command, struct options *options)
{
    if (options->help) {
        print_help(command);
        return EXIT_DONE;
    }
    if (options->version)
        return print_version();
    if (timezone_set(options->timezone) < 0)
        return complain_failed(&(struct error){"out of memory"});
    return command->run(options);
}

static int run(const struct command *command, int argc, char **argv)
{
    struct options options;
    struct error error;
    int status;

    if (options_parse(&options, command->bit, argc, argv, &error) == 0) {
        status = run_parsed(command, &options);
    } else if (options.unreadable) {
        status = complain_failed(&error);
    } else {
        complain_misused("%s: %s", command->name, error.text);
        fprintf(stderr, "'dnsblame %s --help' lists what there is\n", command->name);
        status = EXIT_MISUSED;
    }
    options_clear(&options);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_MISUSED;
    }
    if (strcmp(argv[1], "--version") == 0)
        return finish(print_version());
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_usage(stdout);
        return finish(EXIT_DONE);
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return finish(run(&commands[i], argc - 1, argv + 1));
    }
    complain_misused("there is no command '%s'", argv[1]);
    print_usage(stderr);
    return EXIT_MISUSED;
}
