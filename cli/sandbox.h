/* What the process may ask of the kernel from here on: no program can be run, no connection made,
 * no file opened but those of the database's folder. */
#ifndef CLI_SANDBOX_H
#define CLI_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "capture/error.h"

struct sandbox_options {
    const char *folder;      /* files in it may be read, written, made and removed; NULL: none */
    const char *const *read; /* files, or folders whose files may be read; what is not there is
                                passed over */
    size_t read_count;
    const char *write; /* a file that is there and may be written; NULL: none */
};

/* For the calling thread and those that it starts. no_new_privs must be set. *restricts_files says
 * whether the kernel restricts files, too: it may have no Landlock; then the user's rights bound
 * them. */
int sandbox_enter(const struct sandbox_options *options, bool *restricts_files,
                  struct error *error);

#endif
