#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "capture/clock.h"

#define FIRST_AFTER_NS 1000000000
#define EVERY_NS       250000000

void progress_begin(struct progress *progress, bool wanted)
{
    *progress = (struct progress){.wanted = wanted && isatty(STDERR_FILENO),
                                  .begun_ns = clock_read_ns(CLOCK_MONOTONIC)};
    progress->next_ns = progress->begun_ns + FIRST_AFTER_NS;
}

void progress_update(struct progress *progress, uint64_t packets, uint64_t done_bytes,
                     uint64_t total_bytes)
{
    int64_t now;
    double seconds;

    if (!progress->wanted || (now = clock_read_ns(CLOCK_MONOTONIC)) < progress->next_ns)
        return;
    progress->next_ns = now + EVERY_NS;
    progress->shown = true;
    seconds = (double)(now - progress->begun_ns) / 1e9;
    fprintf(stderr, "\r\033[K%.1f M packets, %.0f MB/s", (double)packets / 1e6,
            (double)done_bytes / 1e6 / seconds);
    if (total_bytes > 0 && done_bytes > 0) {
        double share = (double)done_bytes / (double)total_bytes;
        long long left = share < 1 ? (long long)(seconds / share - seconds) : 0;

        fprintf(stderr, ", %.0f %%, %lld:%02lld to go", 100 * share, left / 60, left % 60);
    }
    fflush(stderr);
}

void progress_wipe(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}
