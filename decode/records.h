/* Walks the sections of a DNS message without allocating: a cursor with a sticky error. For what
 * the hot path and the correlator need; ldns decodes in full where an incident needs it. */
#ifndef DECODE_RECORDS_H
#define DECODE_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/address.h"
#include "decode/name.h"

enum section { SECTION_ANSWER, SECTION_AUTHORITY, SECTION_ADDITIONAL };

struct record {
    enum section section;
    struct name owner; /* lower; only after record_owner() */
    uint16_t type;
    uint16_t class;
    uint32_t ttl;
    const uint8_t *rdata; /* within the message; names in it may be compressed */
    uint16_t rdata_size;
    size_t owner_at; /* where it begins in the message */
};

struct records {
    const uint8_t *wire;
    uint32_t size;
    uint32_t at;      /* where the next record begins in the message */
    uint16_t left[3]; /* records still to come in each section; none where it `failed` */
    /* The owner in `owner_of` was nothing but this compression pointer; 0: something else. Owners
     * repeat: the same pointer into the same record need not be read again. */
    uint16_t owner_pointer;
    uint8_t section; /* the one that the last record was in */
    bool failed;     /* the message ended early or is malformed; sticky */
    const struct record *owner_of;
    const struct name *question; /* NULL: not known */
};

/* Starts behind the question section. A header or question that is malformed sets `failed`. */
void records_begin(struct records *records, const uint8_t *wire, size_t size);

/* The same for who knows the question's name already, lower: the only question, uncompressed, as
 * the decoder gives it. It is borrowed as long as the records are walked. */
void records_begin_behind(struct records *records, const uint8_t *wire, size_t size,
                          const struct name *question);

/* The same from a section on of which it is known where it begins. */
void records_begin_section(struct records *records, const uint8_t *wire, size_t size,
                           enum section section, size_t at);

/* True and the next record in wire order, false at the end or once `failed` is set. Each call is
 * bounded in time. */
bool records_next(struct records *records, struct record *record);

/* The same of one section alone: false at its end. Those before it have to be through. */
bool records_next_in(struct records *records, enum section section, struct record *record);

/* The compression pointer that the record's owner is nothing but; 0: it is something else. */
#define OWNER_AS_ASKED 0xc00c /* the first question's name */
uint16_t record_owner_pointer(const struct records *records, const struct record *record);

/* Passes over what comes next in the section as long as its type is `type` and its owner this
 * pointer, if it is one. Returns how many records that were. */
unsigned records_pass(struct records *records, enum section section, uint16_t owner, uint16_t type);

/* Reads the record's owner, which not everybody needs, into it. Compression pointers must point
 * backwards (RFC 1035 section 4.1.4). False where it is malformed: then `failed` is set. Who walks
 * with one `record` leaves its owner as it is. */
bool record_owner(struct records *records, struct record *record);

/* Where the owner begins in the question's name, for an owner that is a compression pointer to
 * there, as most are: it need not be read. ELSEWHERE for all others. */
#define ELSEWHERE SIZE_MAX
size_t record_owner_in_question(const struct records *records, const struct record *record);

/* The name at `offset` octets into the record's RDATA (NS, CNAME, DNAME, SOA MNAME, the signer of
 * an RRSIG at 18...), lower and uncompressed. 0, or -1 where it is malformed. */
int record_name(const struct records *records, const struct record *record, size_t offset,
                struct name *name);

/* The address in an A or AAAA record. False: the record has none. */
bool record_address(const struct record *record, struct address *address);

/* Extended DNS errors (RFC 8914) in an OPT record's options, in wire order. Returns how many of at
 * most `count` were filled; `text` is borrowed from the message, not terminated, any bytes. */
struct ede_option {
    uint16_t code;
    const uint8_t *text;
    size_t text_size;
};
size_t record_ede(const struct record *opt, struct ede_option *options, size_t count);

#endif
