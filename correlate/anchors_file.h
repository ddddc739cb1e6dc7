/* Reads trust anchors out of a file, in the forms of unbound and of named; for anchors.c. */
#ifndef CORRELATE_ANCHORS_FILE_H
#define CORRELATE_ANCHORS_FILE_H

#include "correlate/anchors.h"

/* Copies. 0, or -1: out of memory. */
int anchors_add(struct anchors *anchors, const struct name *zone, uint16_t type,
                const uint8_t *rdata, size_t size);

/* 0, or -1 with file and line in `error`. */
int anchors_read_file(struct anchors *anchors, const char *path, struct error *error);

#endif
