/* Which options there are, for whom, and what becomes of their values. Commands may mean different
 * things by one name: a row each. */
#ifndef CLI_OPTION_ROWS_H
#define CLI_OPTION_ROWS_H

#include "cli/options.h"

/* Options whose text is kept as it is. */
#define TEXT_OPTIONS(X)                                                                            \
    X(config)                                                                                      \
    X(trust_anchor)                                                                                \
    X(anonymize) X(stats) X(output) X(table) X(user) X(cluster) X(state) X(credentials) X(ca_file)

struct option_row {
    const char *name;
    char letter;          /* 0: none */
    const char *argument; /* NULL: a switch */
    unsigned commands;    /* FOR_*, NOT_FROM_FILE */
    int (*apply)(struct options *options, const char *value, struct error *error);
    const char *help; /* without a line's end */
};

#define OPTION_ROWS_MAX 96

extern const struct option_row option_rows[];
extern const size_t option_row_count;

#endif
