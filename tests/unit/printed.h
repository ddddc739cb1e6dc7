/* What is printed of an incident, as text that a test can look at. */
#ifndef TESTS_UNIT_PRINTED_H
#define TESTS_UNIT_PRINTED_H

#include <jansson.h>

#include "report/incident_json.h"
#include "report/incident_text.h"
#include "samples.h"

static inline const char *file_name(const void *sources, uint32_t source)
{
    (void)sources;
    return source == 0 ? "a.pcap" : "b\033[31m.pcap";
}

static const struct incident_context context = {
    .sensor = "tap1", .analyzer_version = "0.1.0", .source_name = file_name};

/* Runs `print` on a stream in memory; the caller frees what came of it. */
#define PRINTED(text, page_width, print)                                                           \
    do {                                                                                           \
        size_t printed_size;                                                                       \
        FILE *output = open_memstream(&(text), &printed_size);                                     \
        struct page page = {.output = output, .width = (page_width)};                              \
                                                                                                   \
        print;                                                                                     \
        (void)page;                                                                                \
        fclose(output);                                                                            \
    } while (0)

static inline char *json_text(const struct incident *incident)
{
    char *text = NULL;

    PRINTED(text, 100, assert_int_equal(incident_json_print(output, incident, &context, NULL), 0));
    return text;
}

static inline json_t *json_value(const struct incident *incident)
{
    char *text = json_text(incident);
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(object);
    free(text);
    return object;
}

static inline struct incident *new_incident(void)
{
    struct incident *incident = malloc(sizeof(*incident));

    assert_non_null(incident);
    sample_incident(incident, 0);
    return incident;
}

/* Everything that a stranger can write is set to something nasty. */
static inline void make_hostile(struct incident *incident)
{
    incident->qname = sample_name("\\027[2J\\034\\010.<script>.example.com.");
    incident->zone = sample_name("=cmd\\124'a'!a0.");
    incident->servers[0].name = incident->evidence[0].qname = incident->qname;
    incident->evidence[0].source = incident->evidence[0].response_source = 1;
    for (unsigned i = 0; i < INCIDENT_EDE_MAX; i++) {
        incident->ede[i].code = UINT16_MAX;
        incident->ede[i].text_size = EDE_TEXT_SIZE;
        for (unsigned n = 0; n < EDE_TEXT_SIZE; n++)
            incident->ede[i].text[n] = (uint8_t)(n + 128 * (i & 1));
    }
    incident->ede_count = INCIDENT_EDE_MAX;
    snprintf(incident->explanation, EXPLANATION_SIZE, "bad \033]0;title\a end");
    snprintf(incident->advice[0], ADVICE_SIZE, "dig \033[31m");
}

#endif
