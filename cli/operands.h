/* What stands on the command line without being an option. For `read` these are files, then a
 * filter; for `watch` a filter. */
#ifndef CLI_OPERANDS_H
#define CLI_OPERANDS_H

#include <stdbool.h>

#include "capture/error.h"
#include "cli/options.h"

struct operands {
    unsigned command;
    bool in_filter; /* the filter has begun: all that follows belongs to it */
};

/* An argument is a file as long as it is "-" or names something that exists. The first that does
 * not begins the filter, unless it can only be a file that is missing: it is the first argument, or
 * looks like a path to a capture. */
int operands_add(struct operands *operands, struct options *options, const char *argument,
                 struct error *error);
/* Behind "--" there is only filter. */
int operands_add_after_dashes(struct operands *operands, struct options *options,
                              const char *argument, struct error *error);

int text_list_add(struct text_list *list, const char *text, struct error *error);

#endif
