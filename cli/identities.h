/* What is said where several IDs begin as the one that was given. */
#ifndef CLI_IDENTITIES_H
#define CLI_IDENTITIES_H

#include <stddef.h>
#include <stdint.h>

#include "capture/error.h"

#define IDENTITIES_SHOWN 8

/* -1, with the text: "`database`: several `what` begin with `given`: ...". */
int identities_ambiguous(const char *what, const char *database, const char *given,
                         const uint64_t *identities, size_t count, struct error *error);

#endif
