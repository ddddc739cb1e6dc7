/* An exchange that ended well as it stands in the log (exchange_log.h): some ninety octets instead
 * of a slot's 256. Nearly all have one query, and the response soon after it; what does not fit
 * into that form is kept whole, so that nothing is left out. */
#ifndef CORRELATE_EXCHANGE_RECORD_H
#define CORRELATE_EXCHANGE_RECORD_H

#include "correlate/exchange.h"

/* Places and sizes count units of eight octets. */
#define RECORD_UNIT sizeof(uint64_t)

enum exchange_record_form {
    RECORD_WHOLE = 1,   /* a struct exchange follows */
    RECORD_IPV6 = 2,    /* the addresses have 16 octets, else four */
    RECORD_CHAINED = 4, /* an alias stands behind the name */
};

/* Stands before each record, and fills what is too little at the end of the memory. */
struct exchange_record {
    uint8_t units;               /* of the record with all that is in it */
    uint8_t name_size;           /* 0: only the end of the memory */
    uint8_t form : 4, rcode : 4; /* enum exchange_record_form */
    uint8_t authority_labels;
    /* The log's: the bits of the name's hash that it knows the record by, and how far before this
     * one others begin, in units; 0: there is none. */
    uint16_t tag;
    uint16_t id;
    uint32_t older;            /* the next older one with these bits in the bucket */
    uint32_t displaced_before; /* the one that lost its cell in the bucket before this one */
    int64_t begin_ns;
};

/* The form for the exchange, and what a record of that form takes. */
uint8_t exchange_record_form(const struct exchange *exchange);
uint8_t exchange_record_units(const struct exchange *exchange, uint8_t form);
/* Fills all but what is the log's. */
void exchange_record_write(struct exchange_record *head, const struct exchange *exchange,
                           uint8_t form, uint8_t units);
/* Makes an exchange of it again, all but `name_hash` and `place`. A long name and an alias are
 * borrowed from the record. */
void exchange_record_read(struct exchange_record *head, struct exchange *exchange);

/* `name_size` octets. */
uint8_t *exchange_record_name(struct exchange_record *head);
void exchange_record_mark(struct exchange_record *head, uint8_t signals);
/* The exchange of one whose query was not seen, to be filled in; NULL: it was. */
struct exchange *exchange_record_alone(struct exchange_record *head);

#endif
