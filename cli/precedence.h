/* Options that make sense only one at a time: what the command line says of them takes the place of
 * what the file says, and two of them in the same place are misuse. */
#ifndef CLI_PRECEDENCE_H
#define CLI_PRECEDENCE_H

#include "cli/options.h"

/* What the file said of them. */
struct precedence {
    char *day, *from, *to;
    int64_t since_ns;
    bool quiet, verbose;
    char *fleet;
    size_t databases; /* the first so many of the options' */
};

/* Between the file and the command line. */
void precedence_set_aside(struct precedence *precedence, struct options *options);
/* Behind the command line; clears it. -1: misused, `error` says where. */
int precedence_settle(struct precedence *precedence, struct options *options, struct error *error);
void precedence_clear(struct precedence *precedence);

#endif
