/* Stores incidents without end, for tests that pull the plug. Not a test by itself.
 *
 * usage: writing DATABASE FINGERPRINT [RATE [SECONDS]]
 *
 * Says "open" once the database is, then, after each commit, how many incidents are stored, and
 * what the writer has to say. After SECONDS it finishes. Incidents come RATE a second (1000 unless
 * given), numbered from 1 within a run: `message_id` and `frame` tell them apart. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "samples.h"
#include "store/writer.h"

static void say(void *context, enum writer_notice notice, const char *text)
{
    (void)context;
    printf("%s: %s\n", notice == WRITER_FAILED ? "failed" : "recovered", text);
}

static struct writer *open_writer(const char *path, uint64_t fingerprint)
{
    const struct writer_options options = {
        .store = {.path = path,
                  .sensor = "test",
                  .analyzer_version = "0.1.0",
                  .outage_rows = UINT64_MAX,
                  .hour_rows = UINT64_MAX},
        .notice = say,
    };
    struct error error;
    struct writer *writer = writer_open(&options, &error);

    if (writer == NULL || writer_start(writer, &error) < 0) {
        fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
    writer_begin_source(writer, 0, fingerprint, "eth0");
    return writer;
}

static void add_one(struct writer *writer, struct finding *finding, uint64_t fingerprint,
                    uint64_t number)
{
    finding->kind = FINDING_INCIDENT;
    sample_incident(&finding->incident, (unsigned)number);
    finding->incident.identity = fingerprint << 32 | number;
    finding->incident.outage = fingerprint << 8 | number % 7 | 1;
    finding->incident.frame = number;
    writer_add(writer, finding);
}

int main(int argc, char **argv)
{
    uint64_t fingerprint = argc > 2 ? strtoull(argv[2], NULL, 10) : 0, stored = 0, number = 0;
    uint64_t rate = argc > 3 ? strtoull(argv[3], NULL, 10) : 1000;
    uint64_t steps = argc > 4 ? strtoull(argv[4], NULL, 10) * 50 : UINT64_MAX;
    const struct timespec pause = {.tv_nsec = 20000000};
    struct finding *finding = calloc(1, sizeof(*finding));
    struct writer_counters counters;
    struct writer *writer;
    struct error error;

    if (argc < 3 || finding == NULL) {
        fprintf(stderr, "usage: writing DATABASE FINGERPRINT [RATE [SECONDS]]\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    writer = open_writer(argv[1], fingerprint);
    printf("open\n");
    for (uint64_t step = 0; step < steps; step++) {
        for (; number < (step + 1) * rate / 50; number++)
            add_one(writer, finding, fingerprint, number + 1);
        writer_counters(writer, &counters);
        if (counters.stored_incidents > stored)
            printf("stored %" PRIu64 "\n", stored = counters.stored_incidents);
        nanosleep(&pause, NULL);
    }
    if (writer_finish(writer, INT64_C(60000000000), &error) < 0) {
        printf("lost: %s\n", error.text);
        return 1;
    }
    writer_counters(writer, &counters);
    printf("stored %" PRIu64 " of %" PRIu64 ", given up %" PRIu64 "\n", counters.stored_incidents,
           number, counters.given_up_incidents);
    writer_close(writer);
    free(finding);
    return 0;
}
