/* What a message says of who serves a zone: the NS records of one owner, and the addresses of the
 * names in them. And one number for what a referral says, to know it when it comes again. */
#ifndef CORRELATE_REFERRAL_H
#define CORRELATE_REFERRAL_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/answer.h"
#include "decode/event.h"
#include "decode/records.h"

#define REFERRAL_NAMES_MAX 13
#define REFERRAL_GLUE_MAX  26
#define REFERRAL_NAME_POOL 640

struct glue {
    struct address address;
    uint8_t name_index; /* whose address it is */
    bool is_aaaa;
};

struct referral {
    struct name zone; /* size 0: there is no NS record */
    unsigned name_count, glue_count;
    uint64_t name_hashes[REFERRAL_NAMES_MAX]; /* hash_bytes() */
    uint16_t name_offsets[REFERRAL_NAMES_MAX];
    uint16_t name_pointers[REFERRAL_NAMES_MAX]; /* a compression pointer to it, 0: none can */
    uint16_t pool_bytes;
    uint8_t pool[REFERRAL_NAME_POOL]; /* names in wire format, lower; packed */
    struct glue glue[REFERRAL_GLUE_MAX];
};

/* Reads the NS records in `section` whose owner is that of the first, and their glue. What there is
 * no room for is left out, and so is what is malformed. */
void referral_read(struct referral *referral, const struct dns_message *message,
                   enum section section);

/* A keyed hash of what referral_read() finds in the authority section: for two messages that refer
 * to the same zone, equal digests mean equal referrals, whatever the names that were asked for. 0:
 * there is none, because it is no simple referral. `answer` is what the message was read as. */
uint64_t referral_digest(const struct dns_message *message, const struct answer *answer);

#endif
