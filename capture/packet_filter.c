#include "capture/packet_filter.h"

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SNAP_LENGTH 262144

/* Link types that one run can filter: more are not met outside of files made to exhaust us. */
#define PROGRAMS_MAX 64

struct program {
    uint32_t link_type;
    bool usable;
    struct bpf_program code;
};

struct packet_filter {
    char *expression;
    struct program programs[PROGRAMS_MAX];
    size_t program_count;
    size_t latest;
};

/* The few numbers that differ between files (LINKTYPE_*) and libpcap (DLT_*) on Linux. */
static int link_type_to_dlt(uint32_t link_type)
{
    static const struct {
        uint32_t link_type;
        int dlt;
    } differing[] = {{100, DLT_ATM_RFC1483}, {101, DLT_RAW}, {106, DLT_ATM_CLIP}};

    for (size_t i = 0; i < sizeof(differing) / sizeof(differing[0]); i++) {
        if (differing[i].link_type == link_type)
            return differing[i].dlt;
    }
    return (int)link_type;
}

static int compile(struct program *program, const char *expression, uint32_t link_type,
                   struct error *error)
{
    pcap_t *dead = pcap_open_dead(link_type_to_dlt(link_type), SNAP_LENGTH);

    *program = (struct program){.link_type = link_type};
    if (!dead)
        return error_set(error, "out of memory");
    program->usable = pcap_compile(dead, &program->code, expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!program->usable)
        error_set(error, "filter \"%s\": %s", expression, pcap_geterr(dead));
    pcap_close(dead);
    return program->usable ? 0 : -1;
}

/* Some expressions are good for one link type only ("inbound" for the cooked ones), so one is
 * enough. Ethernet comes first: its complaint is the one to show. */
static int check_expression(const char *expression, struct error *error)
{
    static const uint32_t usual[] = {DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, 101};
    struct program program;

    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        if (compile(&program, expression, usual[i], i == 0 ? error : NULL) == 0) {
            pcap_freecode(&program.code);
            return 0;
        }
    }
    return -1;
}

struct packet_filter *packet_filter_new(const char *expression, struct error *error)
{
    struct packet_filter *filter;

    if (check_expression(expression, error) < 0)
        return NULL;
    filter = calloc(1, sizeof(*filter));
    if (filter)
        filter->expression = strdup(expression);
    if (!filter || !filter->expression) {
        error_set(error, "out of memory");
        packet_filter_free(filter);
        return NULL;
    }
    return filter;
}

void packet_filter_free(struct packet_filter *filter)
{
    if (!filter)
        return;
    for (size_t i = 0; i < filter->program_count; i++) {
        if (filter->programs[i].usable)
            pcap_freecode(&filter->programs[i].code);
    }
    free(filter->expression);
    free(filter);
}

/* 0 and filter->latest, or -1 where the program had to be made and could not. */
static int select_program(struct packet_filter *filter, uint32_t link_type, struct error *error)
{
    size_t at = 0;

    while (at < filter->program_count && filter->programs[at].link_type != link_type)
        at++;
    if (at == PROGRAMS_MAX)
        return error_set(error, "more than %d link types to filter", PROGRAMS_MAX);
    filter->latest = at;
    if (at < filter->program_count)
        return 0;
    filter->program_count++;
    return compile(&filter->programs[at], filter->expression, link_type, error);
}

int packet_filter_match(struct packet_filter *filter, const struct frame *frame,
                        struct error *error)
{
    const struct pcap_pkthdr header = {.caplen = frame->size_bytes, .len = frame->wire_bytes};
    const struct program *program = &filter->programs[filter->latest];

    if (filter->program_count == 0 || program->link_type != frame->link_type) {
        if (select_program(filter, frame->link_type, error) < 0)
            return -1;
        program = &filter->programs[filter->latest];
    }
    return program->usable && pcap_offline_filter(&program->code, &header, frame->bytes) > 0;
}
