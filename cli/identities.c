#include "cli/identities.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define IDENTITY_DIGITS 16

int identities_ambiguous(const char *what, const char *database, const char *given,
                         const uint64_t *identities, size_t count, struct error *error)
{
    char text[IDENTITIES_SHOWN * (IDENTITY_DIGITS + 2) + 1] = "";

    for (size_t i = 0; i < count && i < IDENTITIES_SHOWN; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%016" PRIx64,
                 i > 0 ? ", " : "", identities[i]);
    return error_set(error, "%s: several %s begin with %s: %s%s", database, what, given, text,
                     count > IDENTITIES_SHOWN ? " and more" : "");
}
