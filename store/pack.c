#include "store/pack.h"

#include <string.h>

/* Both directions in one walk, so that they cannot come apart. */
struct packing {
    uint8_t *to;         /* packing, else NULL */
    const uint8_t *from; /* unpacking */
};

static void pass(struct packing *packing, void *value, size_t size)
{
    if (packing->to != NULL) {
        memcpy(packing->to, value, size);
        packing->to += size;
    } else {
        memcpy(value, packing->from, size);
        packing->from += size;
    }
}

static void pass_name(struct packing *packing, struct name *name)
{
    pass(packing, &name->size_bytes, sizeof(name->size_bytes));
    pass(packing, name->bytes, name->size_bytes);
}

static void pass_text(struct packing *packing, char *text)
{
    uint16_t size = packing->to != NULL ? (uint16_t)(strlen(text) + 1) : 0;

    pass(packing, &size, sizeof(size));
    pass(packing, text, size);
}

static void pass_servers(struct packing *packing, struct blamed_server *servers, unsigned *count)
{
    pass(packing, count, sizeof(*count));
    for (unsigned i = 0; i < *count; i++) {
        pass(packing, &servers[i].address, sizeof(servers[i].address));
        pass(packing, &servers[i].outcome, sizeof(servers[i].outcome));
        pass_name(packing, &servers[i].name);
    }
}

static void pass_evidence(struct packing *packing, struct evidence *evidence)
{
    pass(packing, &evidence->time_ns, sizeof(evidence->time_ns));
    pass(packing, &evidence->response_time_ns, sizeof(evidence->response_time_ns));
    pass(packing, &evidence->server, sizeof(evidence->server));
    pass_name(packing, &evidence->server_name);
    pass_name(packing, &evidence->zone);
    pass(packing, &evidence->transport, sizeof(evidence->transport));
    pass_name(packing, &evidence->qname);
    pass(packing, &evidence->qtype, sizeof(evidence->qtype));
    pass(packing, &evidence->outcome, sizeof(evidence->outcome));
    pass(packing, &evidence->why, sizeof(evidence->why));
    pass(packing, &evidence->source, sizeof(evidence->source));
    pass(packing, &evidence->frame, sizeof(evidence->frame));
    pass(packing, &evidence->response_source, sizeof(evidence->response_source));
    pass(packing, &evidence->response_frame, sizeof(evidence->response_frame));
}

/* From one member of an incident up to another: what has a fixed size. */
#define pass_between(packing, incident, first, end)                                                \
    pass(packing, (uint8_t *)(incident) + offsetof(struct incident, first),                        \
         offsetof(struct incident, end) - offsetof(struct incident, first))

static void pass_incident(struct packing *packing, struct incident *incident)
{
    pass_between(packing, incident, identity, qname);
    pass_name(packing, &incident->qname);
    pass_between(packing, incident, qtype, ede);
    pass(packing, &incident->ede_count, sizeof(incident->ede_count));
    pass(packing, incident->ede, incident->ede_count * sizeof(incident->ede[0]));
    pass_between(packing, incident, source, zone);
    pass_name(packing, &incident->zone);
    pass_servers(packing, incident->servers, &incident->server_count);
    pass(packing, &incident->contributing_count, sizeof(incident->contributing_count));
    for (unsigned i = 0; i < incident->contributing_count; i++) {
        struct contributing *contributing = &incident->contributing[i];

        pass(packing, &contributing->cause, sizeof(contributing->cause));
        pass_name(packing, &contributing->zone);
        pass_servers(packing, contributing->servers, &contributing->server_count);
    }
    pass_text(packing, incident->explanation);
    pass(packing, &incident->advice_count, sizeof(incident->advice_count));
    for (unsigned i = 0; i < incident->advice_count; i++)
        pass_text(packing, incident->advice[i]);
    pass(packing, &incident->evidence_count, sizeof(incident->evidence_count));
    pass(packing, &incident->evidence_total, sizeof(incident->evidence_total));
    for (unsigned i = 0; i < incident->evidence_count; i++)
        pass_evidence(packing, &incident->evidence[i]);
}

static void pass_finding(struct packing *packing, struct finding *finding)
{
    pass(packing, &finding->kind, sizeof(finding->kind));
    switch (finding->kind) {
    case FINDING_INCIDENT:
        pass_incident(packing, &finding->incident);
        break;
    case FINDING_MINUTE:
        pass(packing, &finding->minute, sizeof(finding->minute));
        break;
    case FINDING_OUTAGE:
        pass(packing, &finding->outage, sizeof(finding->outage));
        break;
    case FINDING_SIGNATURE:
        pass(packing, &finding->signature, sizeof(finding->signature));
        break;
    case FINDING_DELEGATION:
        pass(packing, &finding->delegation, sizeof(finding->delegation));
        break;
    }
}

size_t finding_pack(const struct finding *finding, uint8_t bytes[PACKED_MAX])
{
    struct packing packing = {.to = bytes};

    /* Packing only reads. */
    pass_finding(&packing, (struct finding *)(uintptr_t)finding);
    return (size_t)(packing.to - bytes);
}

void finding_unpack(struct finding *finding, const uint8_t *bytes)
{
    struct packing packing = {.from = bytes};

    pass_finding(&packing, finding);
}
