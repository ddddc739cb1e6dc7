/* What --help prints, in lines that fit a terminal of 80 columns. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

void help_print_text(FILE *output, const char *text);
/* The options of a command (one of FOR_*). */
void help_print_options(FILE *output, unsigned command);

#endif
