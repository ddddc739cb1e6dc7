/* What the user asked for: the command line and the configuration file, which know the same
 * options. One table (option_rows.h) says what there is; parsing and help walk it. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/error.h"
#include "decode/address.h"

/* Which commands an option is for. */
enum {
    FOR_READ = 1,
    FOR_LIST = 2,
    FOR_SHOW = 4,
    FOR_REPORT = 8,
    FOR_WATCH = 16,
    FOR_SHIP = 32,
    FOR_ALL = 63,
    /* What a file says for other commands chooses nothing in a report. */
    NOT_FROM_FILE = 64,
};

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum format { FORMAT_TEXT, FORMAT_JSON };

struct text_list {
    char **items;
    size_t count;
};

struct address_list {
    struct address *items;
    size_t count;
};

#define PORTS_MAX 15 /* beside 53 */

/* Texts are owned by it, or NULL where nothing was said. */
struct options {
    unsigned command; /* which it is for */
    bool in_file;     /* the file is being read, which serves other commands, too */
    bool help;
    bool version;
    char *config;
    enum color color;
    enum format format; /* json was asked for, or not */
    char *format_text;  /* as it was given: which there are depends on the command */
    bool numeric;
    bool quiet;
    bool verbose;

    /* watch */
    struct text_list interfaces;
    bool no_promiscuous;
    uint64_t ring_bytes;
    char *user;
    char *metrics;

    /* read, watch */
    struct text_list files;
    char *filter;
    struct address_list resolvers;
    struct address_list egresses;
    uint16_t ports[PORTS_MAX];
    size_t port_count;
    uint64_t memory_bytes;
    int64_t grace_ns; /* -1: the correlator's default */
    char *sensor;
    struct text_list sensors; /* report: only these */
    char *trust_anchor;
    char *anonymize;
    char *stats;
    int64_t keep_ns;       /* 0: for ever */
    uint64_t max_db_bytes; /* 0: as much as there is */
    uint64_t samples;      /* 0: the default, UINT64_MAX: all */

    /* all that use a database */
    char *database;             /* the last that was named */
    struct text_list databases; /* all of them: report takes several */

    /* list, report: as text, since they mean a time only in the time zone */
    char *day;
    char *from;
    char *to;
    int64_t since_ns; /* so long before now; 0: not said */
    char *fleet;      /* report, show: --from as a URL */
    char *timezone;
    char *output;
    char *table;

    /* list: canonical */
    char *cause;
    char *zone;
    char *server;
    char *client; /* or a prefix, ADDR/LEN */
    char *resolver;
    char *name;
    bool unreadable;                    /* the configuration file is */
    uint64_t outage_first, outage_last; /* its identity is among these; 0: any */
    uint64_t limit;

    /* ship; with a URL, report */
    bool create, once, take_over;
    char *cluster;
    char *state;
    char *credentials;
    char *ca_file;
    unsigned every_s; /* 0: the default */

    struct text_list operands; /* what is no option, for commands other than read */
};

/* Fills `options` for the command that `command` (one of FOR_*) is. argv[0] is the command's name.
 * 0, or -1: misused, `error` says how. options_clear() is due in any case. */
int options_parse(struct options *options, unsigned command, int argc, char **argv,
                  struct error *error);
void options_clear(struct options *options);

/* Sets one option by its long name, as a file does: what is not for this command is checked to
 * exist and passed over. */
int options_set(struct options *options, unsigned command, const char *name, const char *value,
                struct error *error);

/* Reads "key = value" lines, keys being the long options, # beginning a comment. */
int options_read_file(struct options *options, unsigned command, const char *path,
                      struct error *error);

#endif
