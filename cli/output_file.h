/* A file that appears whole or not at all: what is printed goes into a file without a name, which
 * takes its place once all is there; where there is no such thing, into one beside it, which stays
 * there if the program is killed meanwhile. What is no regular file (a pipe, /dev/stdout), or
 * stands in a folder in which nothing can be made, is written as it is. */
#ifndef CLI_OUTPUT_FILE_H
#define CLI_OUTPUT_FILE_H

#include <limits.h>
#include <stdio.h>

#include "capture/error.h"

struct output_file {
    FILE *stream;          /* to be written to */
    const char *name;      /* for complaints, borrowed */
    char place[PATH_MAX];  /* that it is to take, links resolved; empty: it is written there */
    char beside[PATH_MAX]; /* its name until then; empty: it has none */
};

/* `path` is borrowed. 0, or -1 and nothing is to be closed. */
int output_file_open(struct output_file *file, const char *path, struct error *error);
/* All was written. 0, or -1: it could not be, and what was there before is there still. */
int output_file_finish(struct output_file *file, struct error *error);
/* Nothing becomes of it. */
void output_file_discard(struct output_file *file);

#endif
