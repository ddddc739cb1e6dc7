/* An incident's evidence and the servers and causes that it blames as one JSON text, since they are
 * only ever read with their incident:
 *
 *     {"exchanges": [[offset_ns, rtt_ns, server, server_name, zone, transport,
 *                     qname, qtype, outcome, why, source, frame,
 *                     response_source, response_frame], ...],
 *      "servers": [[part, address, name, outcome], ...],
 *      "contributing": [[cause, zone], ...],
 *      "texts": ["192.0.2.53", "ns1.example.", ...]}
 *
 * offset_ns counts from the incident's time, rtt_ns from the query. Servers of part 0 are those at
 * fault, those of part n belong to the contributing cause n, counted from 1. A text is given by its
 * number in `texts` or stands for itself. null: not known, or no response. */
#ifndef STORE_EVIDENCE_H
#define STORE_EVIDENCE_H

#include <stddef.h>
#include <stdint.h>

#include "correlate/incident.h"

struct evidence_writer;

struct evidence_writer *evidence_writer_new(void); /* NULL: out of memory */
void evidence_writer_free(struct evidence_writer *writer);

/* The rows of sources, by their numbers, for `source` and `response_source`. */
struct source_rows {
    const int64_t *ids;
    uint32_t count;
};

/* The text and its size, borrowed until the next call. */
const char *evidence_to_json(struct evidence_writer *writer, const struct incident *incident,
                             const struct source_rows *sources, size_t *size);

#endif
