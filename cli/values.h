/* The values of options: checked, and kept in the form in which they are used. All say in `error`
 * what is wrong with the value, and leave what was there before. */
#ifndef CLI_VALUES_H
#define CLI_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/error.h"
#include "cli/options.h"

/* A copy, in place of an earlier one. */
int value_keep(char **text, const char *value, struct error *error);
int value_keep_name(char **text, const char *value, struct error *error);    /* canonical */
int value_keep_address(char **text, const char *value, struct error *error); /* canonical */
int value_keep_prefix(char **text, const char *value, struct error *error);  /* or an address */
int value_add_address(struct address_list *list, const char *value, struct error *error);
/* `what` it counts, for the error. */
int value_number(const char *value, uint64_t least, uint64_t most, uint64_t *number,
                 const char *what, struct error *error);
/* "90s", "30m", "1h" or "2d". */
int value_duration(const char *value, int64_t *duration_ns, struct error *error);
/* 0: one of these commands (FOR_*) has this --format. */
int value_format(const char *value, unsigned commands, struct error *error);
/* Of an incident or an outage, as it is shown: 16 hexadecimal digits, or four of them or more: all
 * from *first to *last begin so. */
int value_identities(const char *value, uint64_t *first, uint64_t *last, struct error *error);
/* NULL, as on the command line, or "yes" is on; "no", in a configuration file, is off. */
int value_switch(bool *on, const char *value, struct error *error);

#endif
