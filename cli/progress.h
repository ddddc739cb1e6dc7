/* The line that says how far a long reading has come: only where somebody looks at standard error,
 * only once it has lasted a second. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool wanted;
    bool shown; /* there is a line to be wiped away */
    int64_t begun_ns;
    int64_t next_ns;
};

void progress_begin(struct progress *progress, bool wanted);
/* `total_bytes` 0: not known. Cheap between two lines, but looks at the clock. */
void progress_update(struct progress *progress, uint64_t packets, uint64_t done_bytes,
                     uint64_t total_bytes);
/* Before anything else is printed. */
void progress_wipe(struct progress *progress);

#endif
