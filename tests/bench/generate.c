/* Writes a capture of a busy resolver, for benchmarks: clients' questions over Zipf-like names, two
 * in three answered from the cache, upstream exchanges for the others, one in a hundred failing.
 *
 * usage: generate PACKETS [SEED] > FILE.pcap */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUESTIONS_PER_SECOND 20000

static uint64_t state;

static uint32_t draw(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 16) % below);
}

static uint8_t packet[512];
static uint64_t now_us = UINT64_C(1790000000000000);
static uint64_t written;

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

struct endpoint {
    uint32_t address;
    uint16_t port;
};

static void emit(struct endpoint from, struct endpoint to, const uint8_t *message, size_t size,
                 uint64_t time_us)
{
    uint32_t record[4] = {(uint32_t)(time_us / 1000000), (uint32_t)(time_us % 1000000),
                          (uint32_t)(42 + size), (uint32_t)(42 + size)};

    memset(packet, 0, 42);
    put16(packet + 12, 0x0800);
    packet[14] = 0x45;
    put16(packet + 16, (uint32_t)(28 + size));
    packet[22] = 64;
    packet[23] = 17;
    put32(packet + 26, from.address);
    put32(packet + 30, to.address);
    put16(packet + 34, from.port);
    put16(packet + 36, to.port);
    put16(packet + 38, (uint32_t)(8 + size));
    memcpy(packet + 42, message, size);
    fwrite(record, sizeof(record), 1, stdout);
    fwrite(packet, 42 + size, 1, stdout);
    written++;
}

static size_t put_label(uint8_t *at, const char *prefix, uint32_t number)
{
    int length = snprintf((char *)at + 1, 40, "%s%u", prefix, number);

    at[0] = (uint8_t)length;
    return (size_t)length + 1;
}

/* A query for host H of domain D; answered with one address (or none) when `flags` say so. */
static size_t make(uint8_t *message, uint16_t id, uint16_t flags, uint32_t host, uint32_t domain)
{
    static const uint8_t opt[] = {0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0};
    static const uint8_t answer[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 1};
    size_t at = 12;
    int answers = (flags & 0x8000) && (flags & 0xf) == 0;

    memset(message, 0, 12);
    put16(message, id);
    put16(message + 2, flags);
    put16(message + 4, 1);
    put16(message + 6, (uint32_t)answers);
    put16(message + 10, 1);
    at += put_label(message + at, "www", host);
    at += put_label(message + at, "domain", domain);
    memcpy(message + at, "\003com\0\0\001\0\001", 9);
    at += 9;
    if (answers) {
        memcpy(message + at, answer, sizeof(answer));
        at += sizeof(answer);
    }
    memcpy(message + at, opt, sizeof(opt));
    return at + sizeof(opt);
}

static void question(void)
{
    struct endpoint client = {0x0a000000 + draw(50000), (uint16_t)(1024 + draw(60000))};
    struct endpoint resolver = {0xc0a80101, 53}, egress = {0xc6120001, 0}, server;
    uint32_t domain = draw(draw(100000) + 1), host = draw(3), fate = draw(300);
    uint16_t id = (uint16_t)draw(65536), upstream_id;
    uint8_t message[256];
    int fails = fate < 3;
    uint64_t time_us = now_us;

    emit(client, resolver, message, make(message, id, 0x0100, host, domain), time_us);
    if (fate < 100) {
        egress.port = (uint16_t)(1024 + draw(60000));
        upstream_id = (uint16_t)draw(65536);
        server.address = 0x05000000 + domain % 4000; /* hosters serve many zones each */
        server.port = 53;
        emit(egress, server, message, make(message, upstream_id, 0, host, domain), time_us + 1);
        emit(server, egress, message,
             make(message, upstream_id, fails ? 0x8005 : 0x8400, host, domain), time_us + 3);
    }
    emit(resolver, client, message, make(message, id, fails ? 0x8182 : 0x8180, host, domain),
         time_us + 5);
    now_us += 1000000 / QUESTIONS_PER_SECOND;
}

int main(int argc, char **argv)
{
    static const uint32_t header[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 1};
    uint64_t packets = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;

    if (packets == 0) {
        fprintf(stderr, "usage: generate PACKETS [SEED] > FILE.pcap\n");
        return 2;
    }
    state = argc > 2 ? strtoull(argv[2], NULL, 10) | 1 : 88172645463325252;
    fwrite(header, sizeof(header), 1, stdout);
    while (written < packets)
        question();
    return fflush(stdout) == 0 ? 0 : 1;
}
