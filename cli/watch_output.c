#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

#include "cli/command.h"
#include "cli/watch.h"
#include "report/incident_json.h"
#include "report/incident_text.h"

bool watch_prints(const struct options *options)
{
    return options->format_text != NULL || options->verbose || options->quiet;
}

static void print_incident(struct watch *watch, FILE *text, const struct incident *incident)
{
    const struct options *options = watch->options;
    struct page page;

    page_open(&page, stdout, options);
    page.output = text;
    if (options->quiet) {
        incident_text_line(&page, incident);
    } else if (options->verbose) {
        incident_text_story(&page, incident, &watch->pipeline.context);
        putc('\n', text);
    } else {
        incident_text_brief(&page, incident);
    }
}

static bool render(struct watch *watch, FILE *text, const struct finding *finding)
{
    const struct incident_context *context = &watch->pipeline.context;
    bool json = watch->options->format == FORMAT_JSON;

    if (finding->kind == FINDING_INCIDENT && json)
        return incident_json_print(text, &finding->incident, context, NULL) == 0;
    if (finding->kind == FINDING_OUTAGE && json)
        return outage_json_print(text, &finding->outage, context, NULL) == 0;
    if (finding->kind != FINDING_INCIDENT)
        return false;
    print_incident(watch, text, &finding->incident);
    return true;
}

void watch_print(struct watch *watch, const struct finding *finding)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *text;
    bool rendered;

    if (watch->outlet == NULL ||
        (finding->kind != FINDING_INCIDENT && finding->kind != FINDING_OUTAGE))
        return;
    text = open_memstream(&bytes, &size);
    if (text == NULL)
        return;
    rendered = render(watch, text, finding);
    if (fclose(text) == 0 && rendered)
        outlet_write(watch->outlet, bytes, size);
    free(bytes);
}

void watch_check_outlet(struct watch *watch)
{
    struct outlet_counters counters;
    struct error error;

    if (watch->outlet == NULL || watch->outlet_failed ||
        outlet_counters(watch->outlet, &counters, &error) == 0)
        return;
    watch->outlet_failed = true;
    remark(LOG_ERR, "%s; nothing is printed any more", error.text);
    watch->pipeline.failed = true;
}

static void print_devices(const struct watch *watch)
{
    for (uint32_t i = 0; i < devices_count(watch->devices); i++) {
        const struct watched_source *source = &watch->sources[i];

        fprintf(stderr,
                "%s: %s, %" PRIu64 " packets, %" PRIu64 " dropped by the kernel, %" PRIu64
                " by the interface\n",
                devices_name(watch->devices, i), devices_is_up(watch->devices, i) ? "up" : "down",
                source->health.packets, source->device.kernel_dropped,
                source->device.interface_dropped);
    }
}

static void print_writer(const struct watch *watch)
{
    struct writer_counters counters;

    if (watch->writer == NULL)
        return;
    writer_counters(watch->writer, &counters);
    fprintf(stderr,
            "%s: %" PRIu64 " incidents and %" PRIu64 " other rows stored, %" PRIu64 " and %" PRIu64
            " given up, %" PRIu64 " bytes waiting%s\n",
            watch->options->database, counters.stored_incidents, counters.stored_others,
            counters.given_up_incidents, counters.given_up_others, counters.queue_bytes,
            counters.failing ? ", cannot be written" : "");
}

static void print_outlet(const struct watch *watch)
{
    struct outlet_counters counters;

    if (watch->outlet == NULL)
        return;
    outlet_counters(watch->outlet, &counters, NULL);
    fprintf(stderr, "standard output: %" PRIu64 " printed, %" PRIu64 " not printed\n",
            counters.written, counters.lost);
}

void watch_print_counters(struct watch *watch)
{
    struct correlate_counters counters;
    struct page page;

    watch_count(watch);
    correlator_counters(watch->pipeline.correlator, &counters);
    page_open(&page, stderr, watch->options);
    summary_print(watch->summary, &page, decoder_counters(watch->pipeline.decoder), &counters);
    print_devices(watch);
    print_writer(watch);
    print_outlet(watch);
    fflush(stderr);
}
