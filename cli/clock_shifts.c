#include "cli/clock_shifts.h"

#include <ctype.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>

#include "capture/capture.h"
#include "cli/command.h"
#include "cli/pipeline.h"
#include "correlate/clocks.h"
#include "decode/decoder.h"

/* What is looked at, in frames: of all files together, and of one. */
#define FRAMES_MAX      1000000
#define FRAMES_MAX_FILE 400000

struct look {
    const struct options *options;
    const char *const *paths;
    size_t frames_max;
    struct clocks *clocks;
};

typedef void (*take_function)(void *context, const struct frame *frames, size_t count);

/* The file's first frames. What is wrong with it is said when it is read. */
static void skim(const struct look *look, size_t number, take_function take, void *context)
{
    const struct capture_options capture_options = {
        .filter = look->options->filter,
        .memory_bytes = pipeline_capture_bytes(look->options),
        .decompression_bytes = pipeline_decompression_bytes(look->options),
    };
    struct error error;
    struct capture *capture = capture_open_files(&look->paths[number], 1, &capture_options, &error);
    const struct frame *frames;
    size_t seen = 0;
    int count;

    while (capture != NULL && seen < look->frames_max &&
           (count = capture_next(capture, &frames, &error)) > 0) {
        take(context, frames, (size_t)count);
        seen += (size_t)count;
    }
    capture_close(capture);
}

struct extent {
    int64_t first_ns, last_ns;
};

static void take_times(void *context, const struct frame *frames, size_t count)
{
    struct extent *extent = context;

    if (frames[0].time_ns < extent->first_ns)
        extent->first_ns = frames[0].time_ns;
    if (frames[count - 1].time_ns > extent->last_ns)
        extent->last_ns = frames[count - 1].time_ns;
}

static void find_extent(const struct look *look, size_t number)
{
    struct extent extent = {INT64_MAX, INT64_MIN};

    skim(look, number, take_times, &extent);
    clocks_set_extent(look->clocks, number, extent.first_ns, extent.last_ns);
}

struct decoding {
    struct clocks *clocks;
    size_t number;
    struct decoder *decoder;
};

static void take_packets(void *context, const struct frame *frames, size_t count)
{
    struct decoding *decoding = context;
    const struct event *event;

    while (count > 0) {
        size_t taken = decoder_feed(decoding->decoder, frames, count);

        frames += taken;
        count -= taken;
        while ((event = decoder_next(decoding->decoder)) != NULL)
            clocks_see(decoding->clocks, decoding->number, event);
    }
}

static void see_packets(const struct look *look, size_t number)
{
    struct decoding decoding = {
        .clocks = look->clocks,
        .number = number,
        .decoder = pipeline_new_decoder(look->options),
    };

    if (decoding.decoder != NULL)
        skim(look, number, take_packets, &decoding);
    decoder_free(decoding.decoder);
}

static bool is_regular(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* Names of the pieces of one rotated capture differ in their digits. */
static bool is_of_series(const char *path, const char *other)
{
    for (;; path++, other++) {
        while (isdigit((unsigned char)*path))
            path++;
        while (isdigit((unsigned char)*other))
            other++;
        if (*path != *other)
            return false;
        if (*path == '\0')
            return true;
    }
}

/* A piece of a rotated capture about which nothing is known has the clock of the others; but names
 * of two hosts' captures may differ in a digit, too. */
static int64_t shift_of_series(const char *const *paths, const struct clock_shift *shifts,
                               size_t count, size_t number)
{
    const struct clock_shift *best = &shifts[number];

    if (best->names > 0)
        return best->shift_ns;
    for (size_t i = 0; i < count; i++) {
        if (shifts[i].names == 0)
            continue;
        if (is_of_series(paths[shifts[i].reference], paths[number]))
            return 0;
        if (shifts[i].names > best->names && is_of_series(paths[i], paths[number]))
            best = &shifts[i];
    }
    return best->shift_ns;
}

static void tell(const char *const *paths, size_t number, const struct clock_shift *shift)
{
    double shift_s = (double)shift->shift_ns / 1e9;

    remark(LOG_NOTICE,
           "%s: its clock is %.4f s %s that of %s, as %u names show that both have; its times are "
           "corrected",
           paths[number], shift_s < 0 ? -shift_s : shift_s, shift_s < 0 ? "ahead of" : "behind",
           paths[shift->reference], shift->names);
}

/* Into `shifts_ns`. Is there anything to shift? */
static bool choose_shifts(const char *const *paths, const struct clock_shift *shifts, size_t count,
                          int64_t *shifts_ns)
{
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        if (shifts[i].names > 0)
            tell(paths, i, &shifts[i]);
        shifts_ns[i] = shift_of_series(paths, shifts, count, i);
        any = any || shifts_ns[i] != 0;
    }
    return any;
}

/* -1: out of memory. */
static int look_into_files(const struct look *look, size_t count, struct clock_shift *shifts)
{
    for (size_t i = 0; i < count; i++) {
        if (is_regular(look->paths[i]))
            find_extent(look, i);
    }
    for (size_t i = 0; i < count; i++) {
        if (clocks_need(look->clocks, i))
            see_packets(look, i);
    }
    return clocks_compare(look->clocks, shifts);
}

int64_t *clock_shifts_find(const char *const *paths, size_t count, const struct options *options)
{
    struct look look = {
        .options = options,
        .paths = paths,
        .frames_max = FRAMES_MAX / count < FRAMES_MAX_FILE ? FRAMES_MAX / count : FRAMES_MAX_FILE,
        .clocks = count > 1 ? clocks_new(count) : NULL,
    };
    struct clock_shift *shifts = calloc(count, sizeof(*shifts));
    int64_t *shifts_ns = calloc(count, sizeof(*shifts_ns));
    bool any = false;

    if (look.clocks != NULL && shifts != NULL && shifts_ns != NULL &&
        look_into_files(&look, count, shifts) == 0)
        any = choose_shifts(paths, shifts, count, shifts_ns);
    clocks_free(look.clocks);
    free(shifts);
    if (any)
        return shifts_ns;
    free(shifts_ns);
    return NULL;
}
