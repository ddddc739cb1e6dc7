#include "wire.h"

#include <pcap/pcap.h>
#include <string.h>

#define CLASS_IN          1
#define SIGNATURE_LIFE    (30 * 86400)
#define HOSTERS           4000 /* which serve many zones each */
#define MESSAGE_MAX_BYTES 1400
#define PACKET_MAX_BYTES  1600

struct writer {
    uint8_t *at;
    uint32_t seconds; /* the packet's time */
};

static void put8(struct writer *writer, uint32_t value)
{
    *writer->at++ = (uint8_t)value;
}

static void put16(struct writer *writer, uint32_t value)
{
    put8(writer, value >> 8);
    put8(writer, value);
}

static void put32(struct writer *writer, uint32_t value)
{
    put16(writer, value >> 16);
    put16(writer, value);
}

static void put_text(struct writer *writer, const char *text, size_t size)
{
    memcpy(writer->at, text, size);
    writer->at += size;
}

static void put_zeros(struct writer *writer, size_t size)
{
    memset(writer->at, 0, size);
    writer->at += size;
}

/* Octets that look like a signature or a key. */
static void put_noise(struct writer *writer, uint32_t seed, unsigned words)
{
    for (unsigned i = 0; i < words; i++)
        put32(writer, seed = mix(seed + i + 1));
}

/* Names */

static const char *const hosts[HOSTS] = {
    "", "\003www", "\004mail", "\003api", "\003cdn", "\005login", "\003img", "\015static-assets",
};
/* None of the lab's, whose captures may be read beside this one. */
static const char *const tlds[8] = {
    "\003dev", "\003edu", "\003app", "\002de", "\004shop", "\002io", "\002fr", "\002jp",
};
static const char *const suffixes[8] = {"", "", "", "shop", "-group", "online", "", "-services"};

/* Distinct for each rank: its digits to the base of a hundred, as syllables. */
static void put_domain(struct writer *writer, uint32_t domain)
{
    static const char consonants[] = "bcdfghjklmnprstvwxyz", vowels[] = "aeiou";
    const char *suffix = suffixes[mix(domain) % 8];
    uint8_t *length = writer->at++;
    uint32_t rest = domain;

    for (unsigned i = 0; i < 3 || rest > 0; i++, rest /= 100) {
        put8(writer, (uint8_t)consonants[rest % 100 / 5]);
        put8(writer, (uint8_t)vowels[rest % 5]);
    }
    put_text(writer, suffix, strlen(suffix));
    *length = (uint8_t)(writer->at - length - 1);
    put_text(writer, tlds[domain % 8], strlen(tlds[domain % 8]));
    put8(writer, 0);
}

/* DNS */

struct body {
    struct writer *writer;
    const struct message *message;
    const uint8_t *begin;
    uint32_t name, zone; /* the offsets of the question's name and of its domain */
    uint16_t counts[3];
};

enum { ANSWER, AUTHORITY, ADDITIONAL };

static void put_record(struct body *body, unsigned section, uint32_t owner, uint32_t type,
                       uint32_t ttl, uint32_t size)
{
    body->counts[section]++;
    put16(body->writer, 0xc000 | owner);
    put16(body->writer, type);
    put16(body->writer, CLASS_IN);
    put32(body->writer, ttl);
    put16(body->writer, size);
}

static void put_address(struct body *body, unsigned section, uint32_t owner,
                        const struct endpoint *address)
{
    put_record(body, section, owner, address->ipv6 ? TYPE_AAAA : TYPE_A, 300,
               address->ipv6 ? 16 : 4);
    if (address->ipv6) {
        put32(body->writer, address->network);
        put_zeros(body->writer, 8);
        put32(body->writer, address->host);
    } else {
        put32(body->writer, address->network | address->host);
    }
}

static void put_signature(struct body *body, unsigned section, uint32_t owner, uint32_t covered,
                          uint32_t signer)
{
    struct writer *writer = body->writer;
    uint32_t day = writer->seconds - writer->seconds % 86400;

    put_record(body, section, owner, TYPE_RRSIG, 300, 18 + 2 + 64);
    put16(writer, covered);
    put8(writer, 13);
    put8(writer, owner == signer ? 2 : 3);
    put32(writer, 300);
    put32(writer, day + SIGNATURE_LIFE);
    put32(writer, day - 3600);
    put16(writer, mix(body->message->domain) & 0xffff);
    put16(writer, 0xc000 | signer);
    put_noise(writer, body->message->domain, 16);
}

static void put_nothing(struct body *body)
{
    (void)body;
}

static void put_addresses(struct body *body)
{
    uint32_t seed = mix(body->message->domain + body->message->host);
    bool ipv6 = body->message->type == TYPE_AAAA;

    for (uint32_t i = 0; i <= seed % 3; i++) {
        struct endpoint address = {.ipv6 = ipv6, .network = ipv6 ? 0x2a0104f8 : 0x05000000};

        address.host = (seed + i) & 0xffffff;
        put_address(body, ANSWER, body->name, &address);
    }
}

static void put_signed_addresses(struct body *body)
{
    put_addresses(body);
    put_signature(body, ANSWER, body->name, body->message->type, body->zone);
}

static void put_delegation(struct body *body)
{
    uint32_t names[SERVERS_OF_ZONE];

    for (unsigned i = 0; i < SERVERS_OF_ZONE; i++) {
        put_record(body, AUTHORITY, body->zone, TYPE_NS, 172800, 6);
        names[i] = (uint32_t)(body->writer->at - body->begin);
        put_text(body->writer, "\003ns", 3);
        put8(body->writer, '1' + i);
        put16(body->writer, 0xc000 | body->zone);
    }
    for (unsigned i = 0; i < 2 * SERVERS_OF_ZONE; i++) {
        struct endpoint server = wire_server(body->message->domain, i / 2, i % 2);

        put_address(body, ADDITIONAL, names[i / 2], &server);
    }
}

static void put_referral(struct body *body)
{
    put_delegation(body);
}

static void put_signed_referral(struct body *body)
{
    uint32_t tld = body->zone + 1 + body->begin[body->zone];

    put_record(body, AUTHORITY, body->zone, TYPE_DS, 86400, 36);
    put16(body->writer, mix(body->message->domain) & 0xffff);
    put16(body->writer, 13 << 8 | 2);
    put_noise(body->writer, body->message->domain, 8);
    put_signature(body, AUTHORITY, body->zone, TYPE_DS, tld);
    put_delegation(body);
}

static void put_keys(struct body *body)
{
    for (uint32_t i = 0; i < 2; i++) {
        put_record(body, ANSWER, body->zone, TYPE_DNSKEY, 3600, 68);
        put16(body->writer, 256 + i);
        put16(body->writer, 3 << 8 | 13);
        put_noise(body->writer, body->message->domain + i, 16);
    }
    put_signature(body, ANSWER, body->zone, TYPE_DNSKEY, body->zone);
}

static void (*const put_contents[])(struct body *body) = {
    [CONTENT_NONE] = put_nothing,
    [CONTENT_ADDRESS] = put_addresses,
    [CONTENT_SIGNED_ADDRESS] = put_signed_addresses,
    [CONTENT_REFERRAL] = put_referral,
    [CONTENT_SIGNED_REFERRAL] = put_signed_referral,
    [CONTENT_KEYS] = put_keys,
};

static void put_edns(struct body *body)
{
    struct writer *writer = body->writer;

    body->counts[ADDITIONAL]++;
    put8(writer, 0);
    put16(writer, 41);
    put16(writer, 1232);
    put32(writer, body->message->dnssec_ok ? 0x8000 : 0);
    put16(writer, 0);
}

static void put_message(struct writer *writer, const struct message *message)
{
    struct body body = {.writer = writer, .message = message, .begin = writer->at};
    struct writer header = *writer;

    put_zeros(writer, 12);
    body.name = (uint32_t)(writer->at - body.begin);
    put_text(writer, hosts[message->host], strlen(hosts[message->host]));
    body.zone = (uint32_t)(writer->at - body.begin);
    put_domain(writer, message->domain);
    put16(writer, message->type);
    put16(writer, CLASS_IN);
    put_contents[message->content](&body);
    if (message->edns)
        put_edns(&body);
    put16(&header, message->id);
    put16(&header, message->flags);
    put16(&header, 1);
    for (unsigned i = 0; i < 3; i++)
        put16(&header, body.counts[i]);
}

uint32_t wire_tcp_payload(const struct message *message)
{
    uint8_t bytes[MESSAGE_MAX_BYTES];
    struct writer writer = {bytes, 86400};

    put_message(&writer, message);
    return 2 + (uint32_t)(writer.at - bytes);
}

/* Where things are */

struct endpoint wire_server(uint32_t domain, unsigned index, bool ipv6)
{
    uint32_t hoster = mix(domain) % HOSTERS * SERVERS_OF_ZONE + index;

    return (struct endpoint){ipv6, 53, ipv6 ? 0x2a020001 : 0x17000000, hoster};
}

/* Layers, from the inside out: each knows the size of what it holds. */

static void put_ip_address(struct writer *writer, const struct endpoint *endpoint)
{
    if (!endpoint->ipv6) {
        put32(writer, endpoint->network | endpoint->host);
        return;
    }
    put32(writer, endpoint->network);
    put_zeros(writer, 8);
    put32(writer, endpoint->host);
}

static void put_ip(struct writer *writer, const struct endpoint *from, const struct endpoint *to,
                   uint32_t protocol, size_t payload)
{
    if (from->ipv6) {
        put32(writer, 6u << 28);
        put16(writer, (uint32_t)payload);
        put16(writer, protocol << 8 | 64);
    } else {
        put16(writer, 0x4500);
        put16(writer, (uint32_t)(20 + payload));
        put32(writer, 0);
        put16(writer, 64 << 8 | protocol);
        put16(writer, 0); /* for the network card to fill in, as checksums are on a sender */
    }
    put_ip_address(writer, from);
    put_ip_address(writer, to);
}

static void put_udp(struct writer *writer, const struct packet *packet, size_t payload)
{
    put_ip(writer, &packet->from, &packet->to, 17, 8 + payload);
    put16(writer, packet->from.port);
    put16(writer, packet->to.port);
    put16(writer, (uint32_t)(8 + payload));
    put16(writer, 0);
}

static void put_tcp(struct writer *writer, const struct packet *packet, size_t payload)
{
    put_ip(writer, &packet->from, &packet->to, 6, 20 + payload);
    put16(writer, packet->from.port);
    put16(writer, packet->to.port);
    put32(writer, packet->sequence);
    put32(writer, packet->acknowledged);
    put16(writer, 5u << 12 | packet->tcp_flags);
    put16(writer, 65535);
    put32(writer, 0);
}

/* The server's network answers to the query that the packet is: port unreachable. */
static void put_unreachable(struct writer *writer, const struct packet *packet,
                            const uint8_t *message, size_t size)
{
    bool ipv6 = packet->from.ipv6;

    put_ip(writer, &packet->to, &packet->from, ipv6 ? 58 : 1, 8 + (ipv6 ? 40 : 20) + 8 + size);
    put16(writer, ipv6 ? 0x0104 : 0x0303);
    put_zeros(writer, 6);
    put_udp(writer, packet, size);
    put_text(writer, (const char *)message, size);
}

static void put_packet(struct writer *writer, const struct packet *packet)
{
    uint8_t bytes[2 + MESSAGE_MAX_BYTES];
    struct writer message = {bytes + 2, writer->seconds};
    size_t size;

    if (packet->has_message)
        put_message(&message, &packet->message);
    size = (size_t)(message.at - bytes) - 2;
    bytes[0] = (uint8_t)(size >> 8);
    bytes[1] = (uint8_t)size;
    if (packet->layer == LAYER_TCP) {
        size = packet->has_message ? size + 2 : 0;
        put_tcp(writer, packet, size);
        put_text(writer, (const char *)bytes, size);
    } else if (packet->layer == LAYER_UNREACHABLE) {
        put_unreachable(writer, packet, bytes + 2, size);
    } else {
        put_udp(writer, packet, size);
        put_text(writer, (const char *)bytes + 2, size);
    }
}

/* The file */

void wire_begin(FILE *file)
{
    static const struct pcap_file_header header = {0xa1b2c3d4, 2, 4, 0, 0, 65535, 1};

    fwrite(&header, sizeof(header), 1, file);
}

void wire_write(FILE *file, const struct packet *packet)
{
    uint8_t bytes[PACKET_MAX_BYTES];
    struct writer writer = {bytes, (uint32_t)(packet->time_us / 1000000)};
    uint32_t record[4] = {writer.seconds, (uint32_t)(packet->time_us % 1000000)};

    put_zeros(&writer, 12);
    put16(&writer, packet->from.ipv6 ? 0x86dd : 0x0800);
    put_packet(&writer, packet);
    record[2] = record[3] = (uint32_t)(writer.at - bytes);
    fwrite(record, sizeof(record), 1, file);
    fwrite(bytes, record[2], 1, file);
}
