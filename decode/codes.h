/* The registries' codes and their mnemonics, a lookup each way. */
#ifndef DECODE_CODES_H
#define DECODE_CODES_H

#include <stdint.h>

enum {
    RCODE_NOERROR = 0,
    RCODE_FORMERR = 1,
    RCODE_SERVFAIL = 2,
    RCODE_NXDOMAIN = 3,
    RCODE_NOTIMP = 4,
    RCODE_REFUSED = 5,
    RCODE_NOTAUTH = 9,
    RCODE_BADVERS = 16,
    RCODE_BADCOOKIE = 23,
};

enum {
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_CNAME = 5,
    TYPE_SOA = 6,
    TYPE_TXT = 16,
    TYPE_AAAA = 28,
    TYPE_DNAME = 39,
    TYPE_OPT = 41,
    TYPE_DS = 43,
    TYPE_RRSIG = 46,
    TYPE_NSEC = 47,
    TYPE_DNSKEY = 48,
    TYPE_NSEC3 = 50,
    TYPE_NSEC3PARAM = 51,
    TYPE_NXNAME = 128, /* stands in type bitmaps alone (RFC 9824) */
    TYPE_ANY = 255,
};

enum { CLASS_IN = 1 };

#define CODE_TEXT_SIZE 16

/* "NOERROR", "RCODE4000" where the registry has no name. Returns `text`. */
const char *rcode_to_text(uint16_t rcode, char text[CODE_TEXT_SIZE]);
/* "AAAA", "TYPE65280" (RFC 3597). */
const char *type_to_text(uint16_t type, char text[CODE_TEXT_SIZE]);
/* "IN", "CH", "CLASS4660". */
const char *class_to_text(uint16_t class, char text[CODE_TEXT_SIZE]);
/* EDE info-code (RFC 8914 and the registry): "DNSSEC Bogus"; NULL where it has no name. */
const char *ede_to_text(uint16_t code);

#endif
